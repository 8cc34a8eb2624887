"""The conductor: files -> staged rows -> plan -> races, one transaction each.

It reads as the table in `imports.pipeline` reads, and does nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from django.db import transaction

from imports.errors import ImportsError, UnexpectedFailure
from imports.failpoints import failpoint
from imports.models import ImportRun, RunFile
from imports.pipeline import checkpoint, ownership, restore, session, trouble
from imports.pipeline.checkpoint import Claim
from imports.pipeline.finish import finish_run, keep_totals
from imports.pipeline.lane import Lane, heed_stop
from imports.pipeline.ownership import Heartbeat
from imports.pipeline.plan import (
    bases,
    check_race,
    check_shared,
    plan_races,
    shared_basis,
)
from imports.pipeline.preview import RacePreview, plan_shared
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.revert.race import revert_race
from imports.pipeline.revert.runs import open_reverted_races
from imports.pipeline.revert.shared import put_back_shared, remove_shared
from imports.pipeline.stage import Fence, stage_files
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.stopwatch import Laptimer, Stopwatch
from imports.pipeline.write.race import write_race
from imports.pipeline.write.shared import write_shared
from stats.refresh import refresh_race

log = structlog.get_logger(__name__)

State = ImportRun.State
File = RunFile.State

#: A run that fills the tables tells the planner so after these races: plans that were
#: made on empty tables are wrong for full ones.
ANALYZE_AFTER_RACES = (5, 50)

#: Races that are locked together to be settled at once: the server holds some 6,000.
RACES_AT_ONCE = 1_000


def prepare_run(run: ImportRun) -> None:
    """Take a claimed run from its files to races that lanes can write."""
    try:
        with Heartbeat(run) as pulse:
            fence = partial(_fenced, run, pulse=pulse)
            is_revert = run.kind == ImportRun.Kind.REVERT
            prepare = _plan_revert if is_revert else _stage_and_plan
            prepare(run, watch=Stopwatch(run), fence=fence)
    except trouble.DatabaseErrors as error:
        raise ownership.explain(error) from error


def run_lane(run: ImportRun, *, lane: Lane) -> None:
    """Write races of the run, one after another, until none is left to take."""
    opened = partial(restore.open_staging, run, lane=lane, prepare=prepare_run)
    staged: StagedRun | None = None
    while not lane.is_time_up():
        staged = staged or trouble.patiently(opened)
        if staged is None:
            break
        claim = trouble.patiently(partial(_claim_race, run, lane=lane))
        if claim is None and not ownership.is_being_prepared(run):
            break
        if claim is None or not _settle_race(claim, run=staged):
            # It is being staged again, or must be.
            staged = None
            continue
        lane.on_race(claim)
        if claim.number in ANALYZE_AFTER_RACES:
            trouble.patiently(session.analyze_races)
    trouble.patiently(partial(heed_stop, run))
    trouble.patiently(partial(checkpoint.settle_abandoned, run.pk))


def end_run(run: ImportRun) -> bool:
    """End the run if all its races are settled; the end waits for the disk."""
    if checkpoint.has_open_races(run.pk):
        return False
    run.refresh_from_db()
    if run.state != State.WRITING:
        return False
    session.set_synchronous_commit("on")
    failpoint("before_finish")
    if run.kind == ImportRun.Kind.REVERT:
        # The races are back: what they referred to can go.
        with transaction.atomic(durable=True):
            checkpoint.lock_shared_rows(run.source)
            remove_shared(run)
    is_ours = finish_run(run)
    failpoint("after_finish")
    if is_ours:
        run.refresh_from_db()
        log.info("run_finished", run=run.pk, state=run.state, **run.rows)
    return is_ours


def _stage_and_plan(run: ImportRun, *, watch: Stopwatch, fence: Fence) -> None:
    if run.run_files.filter(state__in=[File.WAITING, File.STAGED]).exists():
        stage_files(run, watch=watch, fence=fence)
        failpoint("after_copy")
    if run.run_files.filter(state=File.STAGED).exists():
        with watch.timing("plan") as timing:
            races = plan_races(run)
            with fence():
                checkpoint.open_races(run, races)
            timing.rows = len(races)
        if run.options.get("dry_run"):
            with watch.timing("preview"):
                _keep_plan(run, fence=fence)
            ownership.move(run, to_state=State.PLANNED)
            return
        failpoint("after_plan")
        ownership.move(run, to_state=State.PLANNED)
        # A run that goes on has them already.
        if run.shared_rows is None:
            with watch.timing("shared"), fence():
                _write_shared_rows(run)
        failpoint("after_shared_rows")
        if run.may_be_unchanged:
            with watch.timing("unchanged") as timing:
                timing.rows = _settle_unchanged_races(run, fence=fence)
        if checkpoint.has_open_races(run.pk):
            with watch.timing("index"):
                StagingTables(run.pk, run.epoch).index()
    ownership.move(run, to_state=State.WRITING)


def _plan_revert(run: ImportRun, *, watch: Stopwatch, fence: Fence) -> None:
    """Open the races of the run that is put back, and put the shared rows back."""
    with watch.timing("plan") as timing, fence():
        timing.rows = open_reverted_races(run)
    ownership.move(run, to_state=State.PLANNED)
    if run.shared_rows is None:
        with watch.timing("shared"), fence():
            checkpoint.lock_shared_rows(run.source)
            put_back_shared(run)
    ownership.move(run, to_state=State.WRITING)


@contextmanager
def _fenced(run: ImportRun, *, pulse: Heartbeat) -> Iterator[None]:
    """Give a transaction that commits only where the run is still its preparer's.

    The run is held last: its row is not locked while the work goes on.
    """
    pulse.check()
    with transaction.atomic(durable=True):
        session.limit_idleness()
        yield
        ownership.hold(run)


def _keep_plan(run: ImportRun, *, fence: Fence) -> None:
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


def _write_shared_rows(run: ImportRun) -> None:
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


def _settle_unchanged_races(run: ImportRun, *, fence: Fence) -> int:
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


def _claim_race(run: ImportRun, *, lane: Lane) -> Claim | None:
    session.set_synchronous_commit(run.options["synchronous_commit"])
    claim = checkpoint.claim_race(run.pk, owner=lane.owner)
    if claim:
        failpoint("after_claim")
    return claim


def _settle_race(claim: Claim, *, run: StagedRun) -> bool:
    """Write the race and mark it done, or say why not; False where staging is lost."""
    failure: ImportsError | None = UnexpectedFailure()
    is_staging_lost = False
    try:
        _write_race(claim, run=run)
        failure = None
    except ImportsError as error:
        failure = error
    except trouble.DatabaseErrors as error:
        failure = trouble.explain(error)
    except Exception:
        # A mistake of ours in one race is no reason to leave the others unwritten.
        log.exception("race_failed_unexpectedly", run=run.run_id, race=claim.name)
    finally:
        # Also when a timeout ends the process.
        if failure:
            trouble.drop_lost_connection()
            recorded = partial(restore.record_failure, claim, failure, run=run)
            is_staging_lost = trouble.patiently(recorded)
    return not is_staging_lost


def _write_race(claim: Claim, *, run: StagedRun) -> None:
    timer = Laptimer()
    with transaction.atomic(durable=True):
        checkpoint.lock_race(claim)
        failpoint("after_lock")
        check_race(run.run_id, claim.id, basis=claim.basis)
        write = revert_race if run.reverts else write_race
        result = write(claim.key, run=run, timer=timer)
        failpoint("before_refresh")
        # An entrant that is only mentioned counts in the stats, not in the rows.
        is_changed = (
            result.rows.written or result.removed or result.undo.get("inserted")
        )
        if result.race_id and is_changed:
            refresh_race(result.race_id)
        timer.split("write")
        failpoint("before_done")
        checkpoint.record_done(claim, result, timer=timer)
        failpoint("before_commit")
    failpoint("after_commit")
    log.info("race_done", run=run.run_id, race=claim.name, **result.rows.as_dict())
