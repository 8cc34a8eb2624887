"""What a run came to: for programs as a dict, for people as text, as an exit code."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Count, FloatField, Max, Q
from django.db.models.aggregates import Aggregate

from imports.models import Conflict, Counts, ImportRun, RaceCheckpoint, RunFile

ALL_IN, SOME_NOT_IN, NOTHING_DONE = 0, 1, 2
#: Asked for by --fail-on, where all else is well.
ROWS_REFUSED, CONFLICTS_OPEN = 3, 4
#: EX_TEMPFAIL of sysexits.h: stopped, or the database was away. The next time does it.
RUN_AGAIN = 75
#: Also a run that waits, for a worker or for a person.
ALL_WELL = (
    ImportRun.State.SUCCEEDED,
    ImportRun.State.QUEUED,
    ImportRun.State.PLANNED,
)
OPEN = Conflict.State.OPEN
PAUSED = (
    "Run {run} is paused: nobody goes on with it. Continue it on its page in the admin "
    "(the workers take it on), or here by ingest_races --resume {run}."
)
#: Failed races and files that the text names; the admin has them all.
NAMED_FAILURES = 10


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: exact, over the rows, never of averages."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def as_dict(run: ImportRun) -> dict[str, Any]:
    """Give the run as the JSON object of `ingest_races --json`."""
    duration = run.duration
    return {
        "run": run.pk,
        "state": run.state,
        "is_paused": run.is_held_up,
        "message": run.message,
        "files": [_file(file) for file in _files(run)],
        "left_out": run.options.get("left_out", []),
        "races": _races(run),
        "rows": Counts.of(run.rows).as_dict(),
        "laps": Counts.of(run.laps).as_dict(),
        "conflicts": run.conflicts,
        "removed": run.removed,
        "seconds": round(duration.total_seconds(), 3) if duration else 0.0,
    }


def of_nothing(message: str, *, state: str) -> dict[str, Any]:
    """Give the object of a command that did nothing: no run, and why."""
    races = dict.fromkeys(("total", "succeeded", "failed", "retryable"), 0)
    return {
        "run": None,
        "state": state,
        "is_paused": False,
        "message": message,
        "files": [],
        "left_out": [],
        "races": {**races, "max_ms": None, "p50_ms": None, "p95_ms": None},
        "rows": Counts().as_dict(),
        "laps": Counts().as_dict(),
        "conflicts": 0,
        "removed": 0,
        "seconds": 0.0,
    }


def exit_code(
    run: ImportRun, *, is_stopped: bool = False, fail_on: Collection[str] = ()
) -> int:
    """Give the code of a run, and of its command: 0 where all is in or queued.

    1 where some is not in, or a person has paused it, 2 where nothing is, 75 where a signal kept it from going
    on; where all is in, 3 and 4 for what the caller wants to hear of.
    """
    if is_stopped and (run.state == ImportRun.State.CANCELLED or not run.is_final):
        return RUN_AGAIN
    if run.is_held_up:
        return SOME_NOT_IN
    if run.state == ImportRun.State.FAILED and not run.checkpoints.exists():
        return NOTHING_DONE
    if run.state not in ALL_WELL or run.is_file_left_out:
        return SOME_NOT_IN
    if "rejects" in fail_on and Counts.of(run.rows).rejected:
        return ROWS_REFUSED
    if "conflicts" in fail_on and run.conflict_rows.filter(state=OPEN).exists():
        return CONFLICTS_OPEN
    return ALL_IN


def as_text(run: ImportRun, result: dict[str, Any]) -> str:
    """Give the run in words, its failures and notices among them."""
    rows, laps, races = result["rows"], result["laps"], result["races"]
    lines = [
        *([PAUSED.format(run=run.pk)] if run.is_held_up else []),
        f"Run {run.pk} {run.state} in {result['seconds']:.1f} s"
        + (f": {run.message}" if run.message else ""),
        f"  files  {_file_summary(result['files'])}",
        f"  races  {races['succeeded']} of {races['total']} written"
        + (f", {races['failed']} failed" if races["failed"] else ""),
        f"  rows   {_row_summary(rows)}",
        f"  laps   {_row_summary(laps)}",
    ]
    if result["removed"]:
        lines.append(
            f"  removed, which complete files do not hold: {result['removed']:,}"
        )
    if result["conflicts"]:
        lines.append(f"  conflicts between files: {result['conflicts']:,}")
    return "\n".join([*lines, *_troubles(run)])


def _files(run: ImportRun) -> list[RunFile]:
    return list(run.run_files.select_related("source_file").order_by("number"))


def _file(file: RunFile) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": file.name,
        "sha256": file.source_file.sha256,
        "layout": file.layout,
        "state": file.state,
        "rows": file.rows_read,
        "rejected": file.rows_rejected,
    }
    if file.notices:
        shown["notices"] = file.notices
    if file.message:
        shown["error"] = {"code": file.error_code, "message": file.message}
    return shown


def _races(run: ImportRun) -> dict[str, Any]:
    failed = Q(state=RaceCheckpoint.State.FAILED)
    figures = run.checkpoints.aggregate(
        total=Count("pk"),
        succeeded=Count("pk", filter=Q(state=RaceCheckpoint.State.DONE)),
        failed=Count("pk", filter=failed),
        retryable=Count("pk", filter=failed & Q(is_retryable=True)),
        max_ms=Max("total_ms"),
        p50_ms=Percentile("total_ms", share=0.5),
        p95_ms=Percentile("total_ms", share=0.95),
    )
    return {
        name: round(value, 1) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def _file_summary(files: list[dict[str, Any]]) -> str:
    states = [file["state"] for file in files]
    return ", ".join(
        f"{states.count(state)} {'unchanged since last time' if state == 'duplicate' else state}"
        for state in dict.fromkeys(states)
    )


def _row_summary(counts: dict[str, int]) -> str:
    shown = [f"{counts['read']:,} read"]
    shown += [f"{n:,} {name}" for name, n in counts.items() if n and name != "read"]
    return ", ".join(shown)


def _unmapped(run: ImportRun) -> Iterator[str]:
    """Say of a mapping that was asked for which files it did not touch."""
    known = run.run_files.filter(state=RunFile.State.DUPLICATE)
    if "mapping" in run.options and known.exists():
        yield "  files that were imported before are read by a mapping with --force only"


def _troubles(run: ImportRun) -> list[str]:
    lines = [
        f"  left out: {left['message']}" for left in run.options.get("left_out", [])
    ]
    lines += _unmapped(run)
    lines += [
        f"  {file.name}: {file.message} ({file.error_code})"
        for file in _files(run)
        if file.message
    ]
    lines += [
        f"  {rejection.source_file.name} row {rejection.row_number}: {rejection.message}"
        for rejection in run.rejections.select_related("source_file").order_by("pk")[
            :NAMED_FAILURES
        ]
    ]
    lines += _not_named(run)
    failed = run.checkpoints.filter(state=RaceCheckpoint.State.FAILED)
    lines += [
        f"  race {race.meeting_key}/{race.race_key}: {race.message} ({race.error_code})"
        for race in failed.order_by("number")[:NAMED_FAILURES]
    ]
    noted = run.checkpoints.filter(state=RaceCheckpoint.State.DONE).exclude(message="")
    lines += [
        f"  race {race.meeting_key}/{race.race_key}: {race.message}"
        for race in noted.order_by("number")[:NAMED_FAILURES]
    ]
    lines += [
        f"  {file.name}: {notice['message']}{_of_rows(notice['rows'])}"
        for file in _files(run)
        for notice in file.notices
    ]
    return lines


def _not_named(run: ImportRun) -> list[str]:
    """Say how many refused rows are not named, and where they are."""
    more = Counts.of(run.rows).rejected - NAMED_FAILURES
    if more <= 0:
        return []
    return [f"  {more:,} more rows are refused: the page of run {run.pk} lists them."]


def _of_rows(count: int) -> str:
    if not count:
        return ""
    return f" ({count:,} {'row' if count == 1 else 'rows'})"
