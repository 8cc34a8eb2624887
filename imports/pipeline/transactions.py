"""The transactions of a run: each commits whole, or leaves nothing.

What is written together stands together here; `run` knows their order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from django.db import connection, transaction
from structlog.contextvars import bound_contextvars

from imports import conf
from imports.errors import ImportsError, UnexpectedFailure
from imports.failpoints import failpoint
from imports.models import Counts, ImportRun
from imports.pipeline import (
    checkpoint,
    ownership,
    restore,
    session,
    trouble,
    windows,
)
from imports.pipeline.checkpoint import Claim
from imports.pipeline.finish import keep_totals
from imports.pipeline.lane import Attempt
from imports.pipeline.ownership import Heartbeat
from imports.pipeline.plan import bases, check_race, check_shared, shared_basis
from imports.pipeline.preview import RacePreview, plan_shared
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.revert.race import revert_race
from imports.pipeline.revert.shared import put_back_shared, remove_shared
from imports.pipeline.stage import Fence
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.race import write_race
from imports.pipeline.write.shared import write_shared
from imports.sql import statement
from stats.refresh import refresh_race

log = structlog.get_logger(__name__)

#: Races that are locked together to be settled at once: the server holds some 6,000.
RACES_AT_ONCE = 1_000


@contextmanager
def fenced(run: ImportRun, *, pulse: Heartbeat) -> Iterator[None]:
    """Give a transaction that commits only where the run is still its preparer's.

    The run is held last: its row is not locked while the work goes on.
    """
    pulse.check()
    with transaction.atomic(durable=True):
        session.limit_idleness()
        yield
        ownership.hold(run)


@contextmanager
def snapshot() -> Iterator[None]:
    """Give a transaction that reads all of it as of one moment, and writes nothing."""
    limits = {"seconds": f"{conf.get('EXPORT_SECONDS')}s"}
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(statement("begin_snapshot"))
            cursor.execute(statement("limit_snapshot"), limits)
        yield


def keep_plan(run: ImportRun, *, fence: Fence) -> None:
    """Say what would become of each race; a person then confirms it, or does not."""
    StagingTables(run.pk, run.epoch).index()
    staged = StagedRun.of(run)
    # Taken first: what moves while it is planned is noticed.
    run.basis, basis = shared_basis(run), bases(run.pk)
    shared = plan_shared(staged)
    open_races = list(run.checkpoints.filter(pk__in=basis))
    for race in open_races:
        checkpoint.keep_plan(race, RacePreview(race, staged).plan())
        race.basis = basis[race.pk]
    with fence():
        checkpoint.save_plans(open_races)
        keep_totals(run, shared=shared)


def write_shared_rows(run: ImportRun) -> None:
    """Write venues, teams, competitors and meetings; the run says that they are in."""
    checkpoint.lock_shared_rows(run.source)
    check_shared(run)
    journal = write_shared(StagedRun.of(run))
    run.shared_rows = {
        "rows": journal.counts.as_dict(),
        "conflicts": journal.conflicts,
    }
    run.shared_undo = {"inserted": journal.inserted}
    run.save(update_fields=["shared_rows", "shared_undo"])
    failpoint("before_shared_rows")


def settle_unchanged_races(run: ImportRun, *, fence: Fence) -> int:
    """Settle the races that are stored just as the files state them."""
    staged = StagedRun.of(run)
    if len(staged.lap_columns) != 1:
        return 0
    session.analyze_races()
    settled = 0
    for first in range(1, run.checkpoints.count() + 1, RACES_AT_ONCE):
        last = first + RACES_AT_ONCE - 1
        with fence():
            settled += checkpoint.settle_unchanged(staged, first=first, last=last)
    return settled


def put_back_shared_rows(run: ImportRun) -> None:
    """Put back the shared rows that the reverted run changed."""
    checkpoint.lock_shared_rows(run.source)
    put_back_shared(run)


def remove_shared_rows(run: ImportRun) -> None:
    """Remove those that it made: its races are back, nothing refers to them."""
    with transaction.atomic(durable=True):
        checkpoint.lock_shared_rows(run.source)
        # Another lane may have done it since the run was read, or have ended the run.
        held = ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if held.state == ImportRun.State.WRITING:
            remove_shared(held)


def settle_race(claim: Claim, *, run: StagedRun) -> Attempt:
    """Write the race and mark it done, or say why not."""
    with bound_contextvars(race=claim.name, attempt=claim.attempts):
        return _settle_race(claim, run=run, timer=Laptimer())


def _settle_race(claim: Claim, *, run: StagedRun, timer: Laptimer) -> Attempt:
    failure: ImportsError | None = UnexpectedFailure()
    rows, is_staging_lost = Counts(), False
    try:
        rows = _write_race(claim, run=run, timer=timer)
        failure = None
    except ImportsError as error:
        failure = error
    except trouble.DatabaseErrors as error:
        failure = trouble.explain(error)
    except Exception:
        # A mistake of ours in one race is no reason to leave the others unwritten.
        log.exception("race_failed_unexpectedly")
    finally:
        # Also when a timeout ends the process.
        if failure:
            trouble.drop_lost_connection()
            recorded = partial(restore.record_failure, claim, failure, run=run)
            is_staging_lost = trouble.patiently(recorded)
    return Attempt(claim, timer.total_ms, rows, failure, is_staging_lost)


def _write_race(claim: Claim, *, run: StagedRun, timer: Laptimer) -> Counts:
    counted = connection.execute_wrapper(timer.count)
    with counted, transaction.atomic(durable=True):
        checkpoint.lock_race(claim)
        failpoint("after_lock")
        check_race(run.run_id, claim.id, basis=claim.basis)
        write = revert_race if run.reverts else write_race
        result = write(claim.key, run=run, timer=timer)
        failpoint("before_refresh")
        # An entrant that is only mentioned counts in the stats, not in the rows.
        is_changed = (
            result.is_changed
            or result.rows.written
            or result.removed
            or result.undo.get("inserted")
        )
        if result.race_id and is_changed:
            refresh_race(result.race_id)
        timer.split("write")
        failpoint("before_done")
        checkpoint.record_done(claim, result, timer=timer)
        failpoint("before_commit")
    failpoint("after_commit")
    log.info(
        "race_done",
        queries=timer.queries,
        total_ms=round(timer.total_ms, 1),
        **{f"{part}_ms": round(spent, 1) for part, spent in timer.parts.items()},
        **result.rows.as_dict(),
    )
    windows.warn_of_race(write_ms=timer.parts["write"], total_ms=timer.total_ms)
    return result.rows
