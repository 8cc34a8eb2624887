"""Staged rows -> the races of the run, and what would become of each. Reads only.

A plan is bound to what it was computed against: a hash of every row of each race, its
basis. Who writes a planned race looks at the basis again, under the race's lock.
"""

from dataclasses import dataclass

from django.db import connection

from imports.errors import PlanOutdated
from imports.models import ImportRun
from imports.pipeline.staging_tables import StagingTables
from imports.sql import statement


@dataclass(frozen=True)
class PlannedRace:
    """A race that the run's files speak of, and how many rows they hold of it."""

    number: int
    meeting_key: str
    race_key: str
    laps: int
    #: Rows that are not laps: the race, its entrants, its pit stops.
    records: int


def plan_races(run: ImportRun) -> list[PlannedRace]:
    """Give the races of the run by natural key."""
    staged = StagingTables(run.pk, run.epoch).rows("staged_races")
    return [PlannedRace(number, *race) for number, race in enumerate(staged, start=1)]


def bases(run_id: int, checkpoint_ids: list[int] | None = None) -> dict[int, str]:
    """Give the basis of each open race of the run, or of those named, by checkpoint."""
    parameters = {"run": run_id, "ids": checkpoint_ids}
    with connection.cursor() as cursor:
        cursor.execute(statement("basis_of_races"), parameters)
        return dict(cursor.fetchall())


def shared_basis(run: ImportRun) -> str:
    """Give the basis of the shared rows; empty where the staged rows are gone."""
    tables = StagingTables(run.pk, run.epoch)
    if not tables.do_stand:
        return ""
    return str(tables.column("basis_of_shared", source=run.source)[0])


def check_race(run_id: int, checkpoint_id: int, *, basis: str) -> None:
    """Refuse to write a race that moved since it was planned; any, if it was not."""
    if basis and bases(run_id, [checkpoint_id])[checkpoint_id] != basis:
        raise PlanOutdated


def check_shared(run: ImportRun) -> None:
    """Refuse to write shared rows that moved since they were planned."""
    if run.basis and shared_basis(run) != run.basis:
        raise PlanOutdated


def count_moved(run: ImportRun) -> int:
    """Give how many open races, and the shared rows as one, moved since the plan."""
    now = bases(run.pk)
    planned = run.checkpoints.filter(pk__in=now).exclude(basis="")
    moved = sum(now[pk] != basis for pk, basis in planned.values_list("pk", "basis"))
    is_shared_open = run.shared_rows is None and run.basis
    return moved + bool(is_shared_open and shared_basis(run) != run.basis)
