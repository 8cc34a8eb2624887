"""Small runs for the queue, and what became of them."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db.models import Max

from imports import actions
from imports.actions import Order
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline.manifest import Statement
from races.models import Lap
from tests.faults.processes import PATIENCE_SECONDS, wait_for

HEADER = "meeting,race,entrant,lap,time_ms"
LAPS = 3
_numbers = itertools.count(1)


def queue_runs(folder: Path, number: int, *, races: int = 1) -> list[ImportRun]:
    """Queue runs of one file each, of a meeting that no other has."""
    return [_queue_run(folder, races=races) for _ in range(number)]


def _queue_run(folder: Path, *, races: int) -> ImportRun:
    number = next(_numbers)
    path = folder / f"laps-{number}.csv"
    rows = [
        f"meeting-{number},{race},7,{lap},{60_000 + lap}"
        for race in range(1, races + 1)
        for lap in range(1, LAPS + 1)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    files = actions.register_paths([path], statement=Statement(source="faults"))
    order = Order(trigger=ImportRun.Trigger.API)
    return actions.start_run(files, order=order, in_queue=True)


def wait_for_end(runs: Sequence[ImportRun], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until all runs are over."""
    mine = ImportRun.objects.filter(pk__in=[run.pk for run in runs])
    wait_for(
        lambda: not mine.unfinished().exists(),
        f"{len(runs)} runs are over",
        seconds,
    )


def last_end(runs: Sequence[ImportRun]) -> datetime:
    """Give when the last of them ended, by the database's clock."""
    mine = ImportRun.objects.filter(pk__in=[run.pk for run in runs])
    ended: datetime = mine.aggregate(last=Max("finished_at"))["last"]
    return ended


def amiss(runs: Sequence[ImportRun]) -> list[str]:
    """Say what is wrong with runs that are over: each succeeded, each lap is once in."""
    found = []
    for run in ImportRun.objects.filter(pk__in=[run.pk for run in runs]):
        if run.state != "succeeded":
            found.append(f"{run} {run.state}: {run.message}")
            continue
        for race in run.checkpoints.all():
            laps = Lap.objects.filter(entrant__race_id=race.race_id).count()
            if laps != race.laps_staged or race.lap_counts.inserted != laps:
                found.append(f"{race}: {laps} laps of {race.laps_staged}")
    return found


def claims_per_race(runs: Sequence[ImportRun]) -> int:
    """Give how often a race was claimed, at most."""
    mine = RaceCheckpoint.objects.filter(run__in=[run.pk for run in runs])
    return int(mine.aggregate(most=Max("epoch"))["most"] or 0)
