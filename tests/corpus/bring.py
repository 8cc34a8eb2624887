"""Files of the corpus, written to a folder -> one run of the pipeline -> what became.

Each run has one good file among the bad ones. Reads by the real child.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imports import actions
from imports.actions import BatchOptions, Order, Registered
from imports.models import ImportRun, RunFile, StageTiming
from imports.pipeline import manifest
from imports.pipeline.manifest import Statement
from races.models import Lap
from tests.corpus.bad_file import BadFile, lines

SOURCE = "corpus"
#: As many laps are good in each run, whatever stands beside them.
GOOD_LAPS = 50
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Refused:
    """A row that was refused."""

    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: BadFile
    state: str
    error: str
    message: str
    rows: int
    rejected: int
    staged: int
    layout: str
    seconds: float
    refused: tuple[Refused, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass
class Brought:
    """A run of bad files, and what became of each."""

    run: ImportRun
    outcomes: list[Outcome] = field(default_factory=list)
    good_laps: int = 0


def bring(files: Sequence[BadFile], paths: Sequence[Path], *, group: str) -> Brought:
    """Import the files by one run, the good one in their middle."""
    registered = [
        _register(path, name=file.name, number=number)
        for number, (file, path) in enumerate(zip(files, paths, strict=True))
    ]
    middle = len(registered) // 2
    good = paths[0].with_name(f"good-{os.getpid()}.csv")
    rows = [f"{group},1,7,{lap},1:31.{lap:03}" for lap in range(1, GOOD_LAPS + 1)]
    good.write_bytes(lines(*rows))
    registered.insert(middle, _register(good, name="good.csv", number=len(files)))
    run = actions.start_run(registered, order=Order(trigger=ImportRun.Trigger.COMMAND))
    actions.work_run(run, options=BatchOptions(name="corpus"))
    run.refresh_from_db()
    run_files = list(run.run_files.order_by("number"))
    timings = list(StageTiming.objects.filter(run=run, stage="stage").order_by("pk"))
    del run_files[middle], timings[middle]
    return Brought(
        run=run,
        outcomes=[
            _outcome(file, run_file, seconds=timing.seconds)
            for file, run_file, timing in zip(files, run_files, timings, strict=True)
        ],
        good_laps=Lap.objects.filter(
            entrant__race__meeting__key=group, entrant__race__meeting__source=SOURCE
        ).count(),
    )


def _register(path: Path, *, name: str, number: int) -> Registered:
    # Of its own time: files of the same bytes are files of their own.
    moment = FIRST_MOMENT + timedelta(seconds=number)
    statement = Statement(source=SOURCE, observed_at=moment)
    with path.open("rb") as content:
        file = manifest.register(content, name=name, statement=statement)
    return Registered(file=file, name=file.name)


def _outcome(file: BadFile, found: RunFile, *, seconds: float) -> Outcome:
    rejections = found.run.rejections.filter(source_file=found.source_file)
    rows = rejections.order_by("row_number", "pk")
    return Outcome(
        file=file,
        state=found.state,
        error=found.error_code,
        message=found.message,
        rows=found.rows_read,
        rejected=found.rows_rejected,
        staged=found.laps_staged + found.records_staged,
        layout=found.layout,
        seconds=seconds,
        refused=tuple(
            Refused(*each)
            for each in rows.values_list("row_number", "column", "code", "message")
        ),
        notices=tuple(notice["code"] for notice in found.notices),
    )
