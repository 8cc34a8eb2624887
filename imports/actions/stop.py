"""Stop runs: a person cancels them, or they cannot go on."""

from collections.abc import Iterable
from contextlib import suppress

import structlog
from django.contrib.auth.models import User
from django.db import OperationalError, transaction

from imports.errors import (
    LeaseLost,
)
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline import checkpoint, ownership
from imports.pipeline import sweep as sweeping
from imports.pipeline.finish import fail_run
from imports.pipeline.run import end_run

log = structlog.get_logger(__name__)

RaceState = RaceCheckpoint.State


def cancel_runs(
    runs: Iterable[ImportRun], *, by: User | None, message: str = ""
) -> int:
    """End runs that nobody works on, ask the others to stop after the races in work.

    Gives how many were ended or asked; what is over stays as it is.
    """
    open_runs = [run for run in runs if not run.is_final]
    message = message or f"Cancelled by {by or 'the system'}."
    asked = ask_to_stop(open_runs, message=message)
    chosen = ImportRun.objects.filter(pk__in=[run.pk for run in open_runs])
    # No worker holds these, and none may ever come.
    with transaction.atomic():
        unworked = chosen.queued_or_planned().order_by("pk")
        for run in unworked.select_for_update():
            end_unprepared(run, message)
    # Their lanes may be dead; then nothing is left to wait for.
    for run in chosen.filter(state=ImportRun.State.WRITING):
        settle_and_end(run)
    return asked


def ask_to_stop(runs: Iterable[ImportRun], *, message: str) -> int:
    chosen = ImportRun.objects.unfinished().filter(pk__in=[run.pk for run in runs])
    return chosen.update(is_cancel_requested=True, message=message)


def give_up(run: ImportRun, reason: str) -> bool:
    """End a run that cannot be prepared; False where it is not this owner's any more."""
    with suppress(LeaseLost), transaction.atomic():
        ownership.hold(run)
        run.refresh_from_db()
        end_unprepared(run, reason)
        return True
    return False


def end_unprepared(run: ImportRun, reason: str) -> None:
    """End a run that is locked, with the races that it may have from before."""
    is_cancelled = run.is_cancel_requested
    settled = RaceState.CANCELLED if is_cancelled else RaceState.FAILED
    checkpoint.clear_plans(run.pk)
    checkpoint.settle_open(run.pk, state=settled, message=reason)
    fail_run(run, run.message if is_cancelled else reason)
    log.warning("run_given_up", run=run.pk, why=run.message)


def settle_and_end(run: ImportRun) -> bool:
    """End a run of which nothing is left to write, or nothing may be."""
    if run.is_cancel_requested:
        checkpoint.cancel_waiting(run.pk)
    checkpoint.settle_abandoned(run.pk)
    return end_run(run)


def drop_leaked_staging() -> list[str]:
    """Drop staging tables of nobody; give their names."""
    dropped = []
    with transaction.atomic():
        for table in sweeping.leaked_staging():
            # Held by an owner that is frozen: the next sweep gets it.
            with suppress(OperationalError), transaction.atomic():
                sweeping.drop_table(table)
                dropped.append(table)
    return dropped
