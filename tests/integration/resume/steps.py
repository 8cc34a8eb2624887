"""What befalls a run: it is written in part, its owners die, it goes on."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from imports import actions
from imports.actions import BatchOptions
from imports.models import ImportRun
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from tests import state

RACES = 4
PAST = "2020-01-01T00:00Z"


def straight(start: Callable[..., ImportRun]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the tables and totals of a run that nothing befell; empty the tables."""
    run = start()
    actions.work_run(run, options=BatchOptions(name="straight"))
    run.refresh_from_db()
    assert run.state == "succeeded"
    found = state.tables()
    state.clear()
    return found, run.rows


def resume(run: ImportRun) -> ImportRun:
    actions.resume_run(run, by=None)
    run.refresh_from_db()
    actions.work_run(run, options=BatchOptions(name="resumed"))
    run.refresh_from_db()
    return run


def write(run: ImportRun, *, races: int) -> None:
    """Write so many races and stop dead: the run is not ended."""
    settled: list[Any] = []
    lane = Lane(
        name="dies", is_time_up=lambda: len(settled) >= races, on_race=settled.append
    )
    conductor.run_lane(run, lane=lane)


def expire(run: ImportRun) -> None:
    """Let all leases of a run be out."""
    ImportRun.objects.filter(pk=run.pk).update(claimed_at=PAST, heartbeat_at=None)
    run.checkpoints.filter(state="claimed").update(lease_until=PAST)


def tables_of(run: ImportRun) -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if f"_{run.pk}_" in name and "staged" in name]
