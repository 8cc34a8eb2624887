"""The conductor: files -> staged rows -> plan -> races, one transaction each.

It reads as the table in `imports.pipeline` reads, and does nothing else.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from imports.failpoints import failpoint
from imports.models import ImportRun, RunFile
from imports.pipeline import (
    checkpoint,
    ownership,
    restore,
    session,
    slots,
    trouble,
    windows,
)
from imports.pipeline.arms import Arms
from imports.pipeline.checkpoint import Claim
from imports.pipeline.finish import finish_run
from imports.pipeline.lane import Attempt, Lane
from imports.pipeline.lane import heed_stop as heed_stop_between_races
from imports.pipeline.ownership import Heartbeat
from imports.pipeline.plan import plan_races
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.revert.runs import open_reverted_races
from imports.pipeline.stage import Fence, stage_files
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.stopwatch import Stopwatch
from imports.pipeline.taken import taken_races
from imports.pipeline.transactions import (
    fenced,
    keep_plan,
    put_back_shared_rows,
    remove_shared_rows,
    settle_race,
    settle_unchanged_races,
    write_shared_rows,
)

log = structlog.get_logger(__name__)

State = ImportRun.State
File = RunFile.State

#: A run that fills the tables tells the planner so after these races: plans that were
#: made on empty tables are wrong for full ones.
ANALYZE_AFTER_RACES = (5, 50)


def prepare_run(
    run: ImportRun, *, heed_stop: Callable[[], None] = lambda: None
) -> None:
    """Take a claimed run from its files to races that lanes can write.

    `heed_stop` is called before each file; what it raises ends the preparation there.
    """
    try:
        with bound_contextvars(run=run.pk), Heartbeat(run) as pulse:
            log.info("run_started", **_facts(run))
            fence = partial(fenced, run, pulse=pulse)
            watch = Stopwatch(run)
            if run.kind == ImportRun.Kind.REVERT:
                _plan_revert(run, watch=watch, fence=fence)
                return
            _stage_and_plan(run, watch=watch, fence=fence, heed_stop=heed_stop)
    except trouble.DatabaseErrors as error:
        raise ownership.explain(error) from error


def run_lane(run: ImportRun, *, lane: Lane) -> list[Attempt]:
    """Write races of the run, one after another, until none is left to take."""
    settled: list[Attempt] = []
    with (
        bound_contextvars(run=run.pk, lane=lane.name),
        slots.left_in_the_end(),
        session.own_commits_in_the_end(),
        closing(_write_races(run, lane=lane)) as races,
    ):
        for race in races:
            settled.append(race)
            lane.on_race(race.claim)
            if race.claim.number in ANALYZE_AFTER_RACES:
                trouble.patiently(session.analyze_races)
        trouble.patiently(partial(heed_stop_between_races, run))
        trouble.patiently(partial(checkpoint.settle_abandoned, run.pk))
    return settled


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
        remove_shared_rows(run)
        run.refresh_from_db()
    is_ours = finish_run(run)
    failpoint("after_finish")
    if is_ours:
        run.refresh_from_db()
        windows.warn_of_batches(run.pk)
    return is_ours


def _write_races(run: ImportRun, *, lane: Lane) -> Generator[Attempt]:
    opened = partial(restore.open_staging, run, lane=lane, prepare=prepare_run)
    arms = Arms(run)
    staged: StagedRun | None = None
    with taken_races(run, lane=lane) as taken:
        while not lane.is_time_up() and slots.enter(run, lane=lane):
            staged = staged or trouble.patiently(opened)
            if staged is None:
                return
            claim = taken.begin_next()
            if claim is None and not ownership.is_being_prepared(run):
                return
            race = _write_one(claim, staged=staged, arms=arms) if claim else None
            if race is None or race.is_staging_lost:
                # It is being staged again, or must be.
                staged = None
                taken.hand_back()
                continue
            yield race


def _write_one(claim: Claim, *, staged: StagedRun, arms: Arms) -> Attempt:
    """Write a race with the values of its arm."""
    claim, staged = trouble.patiently(partial(arms.choose, claim, staged=staged))
    return settle_race(claim, run=staged)


def _stage_and_plan(
    run: ImportRun,
    *,
    watch: Stopwatch,
    fence: Fence,
    heed_stop: Callable[[], None],
) -> None:
    if run.run_files.filter(state__in=[File.WAITING, File.STAGED]).exists():
        stage_files(run, watch=watch, fence=fence, heed_stop=heed_stop)
        failpoint("after_copy")
    _plan(run, watch=watch, fence=fence)


def _plan(run: ImportRun, *, watch: Stopwatch, fence: Fence) -> None:
    if run.run_files.filter(state=File.STAGED).exists():
        with watch.timing("plan") as timing:
            races = plan_races(run)
            with fence():
                checkpoint.open_races(run, races)
            timing.rows = len(races)
        if run.options.get("dry_run"):
            with watch.timing("preview"):
                keep_plan(run, fence=fence)
            ownership.move(run, to_state=State.PLANNED)
            return
        failpoint("after_plan")
        ownership.move(run, to_state=State.PLANNED)
        # A run that goes on has them already.
        if run.shared_rows is None:
            with watch.timing("shared"), fence():
                write_shared_rows(run)
        failpoint("after_shared_rows")
        if run.may_be_unchanged:
            with watch.timing("unchanged") as timing:
                timing.rows = settle_unchanged_races(run, fence=fence)
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
            put_back_shared_rows(run)
    ownership.move(run, to_state=State.WRITING)


def _facts(run: ImportRun) -> dict[str, Any]:
    """Give what the log says of a run that starts."""
    return {
        "kind": run.kind,
        "trigger": run.trigger,
        "source": run.source,
        "files": run.run_files.count(),
        "attempt": run.attempts,
    }
