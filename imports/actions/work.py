"""Work a queued run to its end."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from django.db import transaction

from imports import conf, doorbell
from imports.actions.batch import (
    INTERRUPTED,
    Batch,
    BatchOptions,
    Races,
    process_races,
)
from imports.actions.rollouts import judge
from imports.actions.stop import ask_to_stop, drop_leaked_staging, give_up
from imports.errors import (
    DatabaseAway,
    ImportsError,
    LeaseLost,
    RetryLater,
    RunHandedBack,
    RunStopped,
)
from imports.failpoints import failpoint
from imports.models import ImportRun
from imports.pipeline import checkpoint, ownership, trouble
from imports.pipeline.lane import heed_stop_between_files, owner_name
from imports.pipeline.run import end_run, prepare_run

CUT_OFF = (
    "It was cut off while it was prepared. Go on with it by ingest_races --resume."
)


def work_run(
    run: ImportRun, *, options: BatchOptions, max_concurrency: int = 1
) -> Batch | None:
    """Take a queued run to its end; None where it was not for lanes, or was stopped.

    Where time is up for the lanes before all is written, or they are interrupted, the
    run ends as cancelled; what was committed stays.
    """
    batch = None
    try:
        if not prepare(run, owner=owner_name(options.name)):
            return None
        batch = process_races(
            Races(run), max_concurrency=max_concurrency, options=options
        )
        if options.is_time_up():
            trouble.patiently(partial(_cancel_rest, run))
    except KeyboardInterrupt:
        ask_to_stop([run], message=INTERRUPTED)
        give_up(run, INTERRUPTED)
    trouble.patiently(lambda: end_run(run))
    judge()
    if run.epoch > 1:
        # Of owners before, who may be frozen: without waiting for them.
        drop_leaked_staging()
    return batch


def _cancel_rest(run: ImportRun) -> None:
    """Cancel what the lanes have left, unless a person lets it wait."""
    run.refresh_from_db(fields=["is_paused"])
    if not run.is_paused and checkpoint.has_open_races(run.pk):
        ask_to_stop([run], message=INTERRUPTED)
        checkpoint.cancel_waiting(run.pk)


def prepare(
    run: ImportRun, *, owner: str, is_time_up: Callable[[], bool] = lambda: False
) -> bool:
    """Claim a queued run and prepare it; False where it is not for lanes.

    Tried again where the database was away; where it cannot be done the run is ended,
    so that it is never left half prepared. Between files it heeds a cancel, the kill
    switch, a pause and the time: then the run waits again, with what is staged.
    """
    heed_stop = partial(heed_stop_between_files, run, is_time_up=is_time_up)
    while trouble.patiently(lambda: claim_run(run, owner=owner)):
        reason = CUT_OFF
        try:
            failpoint("after_run_claimed")
            prepare_run(run, heed_stop=heed_stop)
            reason = ""
            # A plan waits for a person, not for lanes.
            return not run.is_plan
        except RetryLater as error:
            reason = "" if run.attempts < conf.get("MAX_ATTEMPTS") else str(error)
            if reason:
                raise
            trouble.drop_lost_connection()
            ownership.keep_failure(run, error)
            trouble.patiently(lambda: ownership.release(run))
            run.refresh_from_db()
        except RunHandedBack:
            reason = ""
            trouble.patiently(lambda: _hand_back(run))
            return False
        except RunStopped as error:
            reason = str(error)
            return False
        except LeaseLost:
            reason = ""
            raise
        except ImportsError as error:
            reason = str(error)
            raise
        except KeyboardInterrupt:
            reason = ""
            raise
        finally:
            # Also when a timeout ends the process. Where the server is away, the
            # sweeper does it.
            if reason:
                with suppress(DatabaseAway, *trouble.DatabaseErrors):
                    trouble.drop_lost_connection()
                    give_up(run, reason)
    return False


def _hand_back(run: ImportRun) -> None:
    """Let the run wait for a worker, and ring for one; a paused one waits for a person."""
    with transaction.atomic():
        if ownership.hand_back(run):
            run.refresh_from_db()
            if not run.is_paused:
                doorbell.ring_for_run(run.pk)


def claim_run(run: ImportRun, *, owner: str = "") -> bool:
    """Take a queued run on, to prepare it; False where another has it."""
    owner = owner or owner_name("worker")
    return ownership.claim(run, owner=owner, from_state=ImportRun.State.QUEUED)


def lanes_of(run: ImportRun) -> int:
    """Give how many lanes the run may have: its concurrency, below the ceiling.

    Its concurrency fits the memory budget since the run was made: see `flags.fit`.
    """
    # One connection is the caller's own.
    ceiling: int = conf.get("DB_POOL_MAX") - 1
    return max(1, min(int(run.options["concurrency"]), ceiling))
