"""Work a queued run to its end."""

from contextlib import suppress

from imports import conf
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
)
from imports.failpoints import failpoint
from imports.models import ImportRun
from imports.pipeline import ownership, trouble
from imports.pipeline.lane import owner_name
from imports.pipeline.run import end_run, prepare_run

CUT_OFF = (
    "It was cut off while it was prepared. Go on with it by ingest_races --resume."
)


def work_run(
    run: ImportRun, *, options: BatchOptions, max_concurrency: int = 1
) -> Batch | None:
    """Take a queued run to its end; None where it was not for lanes, or was stopped.

    An interrupt (Ctrl-C, SIGTERM) stops the lanes after the races in work and ends the
    run as cancelled; what was committed stays.
    """
    batch = None
    try:
        if not prepare(run, owner=owner_name(options.name)):
            return None
        batch = process_races(
            Races(run), max_concurrency=max_concurrency, options=options
        )
    except KeyboardInterrupt:
        ask_to_stop([run], message=INTERRUPTED)
        give_up(run, INTERRUPTED)
    trouble.patiently(lambda: end_run(run))
    judge()
    if run.epoch > 1:
        # Of owners before, who may be frozen: without waiting for them.
        drop_leaked_staging()
    return batch


def prepare(run: ImportRun, *, owner: str) -> bool:
    """Claim a queued run and prepare it; False where it is not for lanes.

    Tried again where the database was away; where it cannot be done the run is ended,
    so that it is never left half prepared.
    """
    while trouble.patiently(lambda: claim_run(run, owner=owner)):
        reason = CUT_OFF
        try:
            failpoint("after_run_claimed")
            prepare_run(run)
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
