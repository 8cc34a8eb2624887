"""Staged rows that were lost: noticed, staged again by one lane while others wait.

UNLOGGED tables are empty after a crash of the server, and gone where a sweeper took
the owner for dead.
"""

import time
from collections.abc import Callable

import structlog

from imports.errors import ImportsError, StagingLost, UnexpectedFailure
from imports.models import ImportRun
from imports.pipeline import checkpoint, ownership
from imports.pipeline.checkpoint import Claim
from imports.pipeline.lane import Lane
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.stage import is_whole

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
State = ImportRun.State

#: A race without its staged rows fails by these.
SUSPECT = (StagingLost, UnexpectedFailure)


def open_staging(
    run: ImportRun, *, lane: Lane, prepare: Callable[[ImportRun], None]
) -> StagedRun | None:
    """Give the staged rows, staged again if they are gone; None where lanes must end."""
    while True:
        mine = _when_prepared(run, lane=lane)
        if mine.state != State.WRITING:
            return None
        staged = StagedRun.of(mine)
        if not (is_lost(staged) and checkpoint.has_open_races(run.pk)):
            return staged
        if ownership.claim(mine, owner=lane.owner, from_state=State.WRITING):
            log.warning("staging_lost")
            prepare(mine)


def is_lost(staged: StagedRun) -> bool:
    """Whether a row of the run that was staged is not there any more."""
    # A revert has no files, and stages none.
    return bool(staged.files) and not is_whole(staged.run_id, tables=staged.tables)


def record_failure(claim: Claim, error: ImportsError, *, run: StagedRun) -> bool:
    """Say why an attempt failed; True where it is the staging that failed.

    Then the race is not to blame, and keeps its attempt.
    """
    is_staging = isinstance(error, SUSPECT) and is_lost(run)
    if is_staging:
        checkpoint.hand_back(claim, StagingLost())
    else:
        checkpoint.record_failed(claim, error)
    log.warning(
        "race_failed",
        type=error.code,
        retryable=error.is_retryable,
        why=str(error),
    )
    return is_staging


def _when_prepared(run: ImportRun, *, lane: Lane) -> ImportRun:
    """Wait while another stages the run again; give the run as it then is.

    A copy: threads share the one that they were given.
    """
    while True:
        mine = ImportRun.objects.get(pk=run.pk)
        is_waited_for = mine.state in (State.STAGING, State.PLANNED)
        if (
            not is_waited_for
            or mine.is_plan
            or lane.is_time_up()
            or not ownership.is_alive(mine)
        ):
            return mine
        time.sleep(POLL_SECONDS)
