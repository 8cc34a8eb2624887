"""The conductor: files -> staged rows -> plan -> races, one transaction each.

It reads as the table in `imports.pipeline` reads, and does nothing else.
"""

import structlog
from django.db import connection, transaction

from imports.errors import ImportsError, UnexpectedFailure
from imports.models import ImportRun, RunFile
from imports.pipeline import checkpoint, session, trouble
from imports.pipeline.checkpoint import Claim
from imports.pipeline.finish import fail_run, finish_run
from imports.pipeline.lane import Lane, heed_stop
from imports.pipeline.plan import plan_races
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.stage import stage_files
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.stopwatch import Laptimer, Stopwatch
from imports.pipeline.write.race import write_race
from imports.pipeline.write.shared import write_shared
from stats.refresh import refresh_race

log = structlog.get_logger(__name__)

State = ImportRun.State

#: A run that fills the tables tells the planner so after these races: plans that were
#: made on empty tables are wrong for full ones.
ANALYZE_AFTER_RACES = (5, 50)

#: Races that are locked together to be settled at once: the server holds some 6,000.
RACES_AT_ONCE = 1_000


def prepare_run(run: ImportRun) -> None:
    """Take a claimed run from its files to races that lanes can write."""
    reason = "It was cut off while it was prepared. Start it again."
    try:
        _stage_and_plan(run, watch=Stopwatch(run))
        reason = ""
    except trouble.DatabaseErrors as error:
        reason = str(trouble.explain(error))
        raise trouble.explain(error) from error
    finally:
        # Also when a timeout ends the process: a run is never left half prepared.
        if reason:
            fail_run(run, reason)


def run_lane(run: ImportRun, *, lane: Lane) -> None:
    """Write races of the run, one after another, until none is left to take."""
    staged = StagedRun.of(run)
    session.set_synchronous_commit(run.options["synchronous_commit"])
    while not lane.is_time_up():
        claim = checkpoint.claim_race(run.pk, owner=lane.name)
        if claim is None:
            break
        _settle_race(claim, run=staged)
        lane.on_race(claim)
        if claim.number in ANALYZE_AFTER_RACES:
            session.analyze_races()
    heed_stop(run)
    checkpoint.settle_abandoned(run.pk)


def end_run(run: ImportRun) -> bool:
    """End the run if all its races are settled; the end waits for the disk."""
    if checkpoint.has_open_races(run.pk):
        return False
    run.refresh_from_db()
    session.set_synchronous_commit("on")
    is_ours = finish_run(run)
    if is_ours:
        run.refresh_from_db()
        log.info("run_finished", run=run.pk, state=run.state, **run.rows)
    return is_ours


def _stage_and_plan(run: ImportRun, *, watch: Stopwatch) -> None:
    if run.run_files.filter(state=RunFile.State.WAITING).exists():
        stage_files(run, watch=watch)
    if run.run_files.filter(state=RunFile.State.STAGED).exists():
        with watch.timing("plan") as timing:
            races = plan_races(run)
            checkpoint.open_races(run, races)
            timing.rows = len(races)
        _move(run, to_state=State.PLANNED)
        with watch.timing("shared"):
            _write_shared_rows(run)
        if run.may_be_unchanged:
            with watch.timing("unchanged") as timing:
                timing.rows = _settle_unchanged_races(run)
        if checkpoint.has_open_races(run.pk):
            with watch.timing("index"):
                StagingTables(run.pk).index()
    _move(run, to_state=State.WRITING)


def _write_shared_rows(run: ImportRun) -> None:
    """Write venues, teams, competitors and meetings; the run says that they are in."""
    staged = StagedRun.of(run)
    with transaction.atomic(durable=True):
        checkpoint.lock_shared_rows(run.source)
        journal = write_shared(staged)
        ImportRun.objects.filter(pk=run.pk).update(
            shared_rows={
                "rows": journal.counts.as_dict(),
                "conflicts": journal.conflicts,
            },
            shared_undo={"inserted": journal.inserted},
        )


def _settle_unchanged_races(run: ImportRun) -> int:
    """Settle the races that are stored just as the files state them."""
    staged = StagedRun.of(run)
    if len(staged.lap_columns) != 1:
        return 0
    session.analyze_races()
    settled = 0
    for first in range(1, run.checkpoints.count() + 1, RACES_AT_ONCE):
        with transaction.atomic(durable=True):
            last = first + RACES_AT_ONCE - 1
            settled += checkpoint.settle_unchanged(staged, first=first, last=last)
    return settled


def _settle_race(claim: Claim, *, run: StagedRun) -> None:
    """Write the race and mark it done, or say why not; other races go on."""
    failure: ImportsError | None = UnexpectedFailure()
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
            _record_failure(claim, failure, run=run)


def _write_race(claim: Claim, *, run: StagedRun) -> None:
    timer = Laptimer()
    with transaction.atomic(durable=True):
        checkpoint.lock_race(claim)
        result = write_race(claim.key, run=run, timer=timer)
        if result.rows.written or result.removed or result.undo.get("inserted"):
            refresh_race(result.race_id)
        timer.split("write")
        checkpoint.record_done(claim, result, timer=timer)
    log.info("race_done", run=run.run_id, race=claim.name, **result.rows.as_dict())


def _record_failure(claim: Claim, error: ImportsError, *, run: StagedRun) -> None:
    if not connection.is_usable():
        connection.close()
    checkpoint.record_failed(claim, error)
    facts = {"error": error.code, "retryable": error.is_retryable, "why": str(error)}
    log.warning("race_failed", run=run.run_id, race=claim.name, **facts)


def _move(run: ImportRun, *, to_state: str) -> None:
    states = [State.STAGING, State.PLANNED]
    ImportRun.objects.move(run.pk, from_states=states, to_state=to_state)
