"""Work a queued run to its end."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.db import connection

from imports import conf
from imports.actions.stop import ask_to_stop, drop_leaked_staging, give_up
from imports.errors import (
    DatabaseAway,
    ImportsError,
    LeaseLost,
    RetryLater,
)
from imports.failpoints import failpoint
from imports.models import ImportRun
from imports.pipeline import checkpoint, ownership, trouble
from imports.pipeline.lane import Lane, owner_name
from imports.pipeline.run import end_run, prepare_run, run_lane

INTERRUPTED = "It was interrupted. Go on with it by ingest_races --resume."


CUT_OFF = (
    "It was cut off while it was prepared. Go on with it by ingest_races --resume."
)


def work_run(run: ImportRun, *, lanes: Sequence[Lane]) -> None:
    """Take a queued run to its end: one lane here, several in a thread each.

    An interrupt (Ctrl-C, SIGTERM) stops the lanes after the races in work and ends the
    run as cancelled; what was committed stays.
    """
    try:
        if not prepare(run, owner=lanes[0].owner):
            return
        run_lanes(run, lanes)
    except KeyboardInterrupt:
        ask_to_stop([run], message=INTERRUPTED)
        if not give_up(run, INTERRUPTED):
            stopped = [lane.owner for lane in lanes]
            checkpoint.cancel_waiting(run.pk, owners=stopped)
    trouble.patiently(lambda: end_run(run))
    if run.epoch > 1:
        # Of owners before, who may be frozen: without waiting for them.
        drop_leaked_staging()


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


def run_lanes(run: ImportRun, lanes: Sequence[Lane]) -> None:
    if len(lanes) == 1:
        run_lane(run, lane=lanes[0])
        return
    with ThreadPoolExecutor(max_workers=len(lanes)) as threads:
        working = [threads.submit(_run_lane_in_thread, run, lane) for lane in lanes]
        try:
            for lane in working:
                lane.result()
        except KeyboardInterrupt:
            # Said before the threads are waited for: no lane claims another race.
            ask_to_stop([run], message=INTERRUPTED)
            raise


def _run_lane_in_thread(run: ImportRun, lane: Lane) -> None:
    try:
        run_lane(run, lane=lane)
    finally:
        # A thread has a connection of its own, which ends with it.
        connection.close()


def claim_run(run: ImportRun, *, owner: str = "") -> bool:
    """Take a queued run on, to prepare it; False where another has it."""
    owner = owner or owner_name("worker")
    return ownership.claim(run, owner=owner, from_state=ImportRun.State.QUEUED)


def lanes_of(run: ImportRun) -> int:
    """Give how many lanes the run may have: its concurrency, below the ceiling."""
    # One connection is the caller's own.
    ceiling: int = conf.get("DB_POOL_MAX") - 1
    return max(1, min(int(run.options["concurrency"]), ceiling))
