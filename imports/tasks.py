"""What the queue calls. A task is a doorbell: one id in, one function called.

The truth is in our tables: a task that is lost, doubled or late changes nothing. Every
task beats for its cluster while it works (`watchdog/heartbeat.py`).
"""

import os
import time

import structlog

from imports import actions, conf, doorbell, flags
from imports.actions import BatchOptions, Races
from imports.errors import ImportsError, RetryLater
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline.lane import owner_name
from imports.pipeline.run import end_run
from imports.watchdog import heartbeat
from imports.watchdog.heartbeat import Heard

log = structlog.get_logger(__name__)


def work(run_id: int) -> None:
    """Work the run, then those that wait in the queue, until time is up.

    So one ring is enough for many runs, whatever became of the others' rings.
    """
    with heartbeat.beating() as heard:
        actions.watch()
        options = _options(heard)
        _work(run_id, options)
        tried = {run_id}
        while not options.is_time_up() and (waiting := _next_queued(tried)):
            tried.add(waiting)
            _work(waiting, options)
        if waiting := _next_queued(tried):
            doorbell.ring_for_run(waiting)


def lane(run_id: int) -> None:
    """Write races of a run until none is left or time is up; then ring again."""
    with heartbeat.beating() as heard:
        actions.watch()
        _write(run_id, _options(heard))


def beat(heartbeat_id: int) -> None:
    """Give a sign of life: to the watchdog that rang, or to whose cluster this is."""
    heartbeat.answer(heartbeat_id)


def _options(heard: Heard) -> BatchOptions:
    """Say when a task stops: when its time is up, or its cluster is to stop."""
    ends = time.monotonic() + conf.get("LANE_SECONDS")
    return BatchOptions(
        name=f"queue-{os.getpid()}",
        is_time_up=lambda: heard.is_stopping or time.monotonic() > ends,
    )


def _work(run_id: int, options: BatchOptions) -> None:
    """Prepare a queued run, ring for its other lanes, and be its first lane."""
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        return
    try:
        _prepare(run, options)
    except RetryLater:
        # Nor could the next one be.
        raise
    except ImportsError as error:
        # The run says so itself; those behind it have no part in it.
        log.warning("run_not_prepared", run=run_id, type=error.code, why=str(error))
    # Delivered once more, the task is one more lane.
    _write(run_id, options)


def _prepare(run: ImportRun, options: BatchOptions) -> None:
    owner = owner_name(options.name)
    if flags.is_ingest_enabled() and actions.prepare(
        run, owner=owner, is_time_up=options.is_time_up
    ):
        waiting = run.checkpoints.filter(state=RaceCheckpoint.State.WAITING)
        for _ in range(min(actions.lanes_of(run), waiting.count()) - 1):
            doorbell.ring_for_lane(run.pk)


def _next_queued(tried: set[int]) -> int | None:
    """Give the oldest run that waits for a worker; none while ingestion is off."""
    if not flags.is_ingest_enabled():
        return None
    waiting = ImportRun.objects.waiting_for_workers().exclude(pk__in=tried)
    return waiting.order_by("pk").values_list("pk", flat=True).first()


def _write(run_id: int, options: BatchOptions) -> None:
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None or run.state != ImportRun.State.WRITING:
        return
    actions.process_races(Races(run), max_concurrency=1, options=options)
    run.refresh_from_db()
    if not end_run(run) and options.is_time_up() and not run.is_paused:
        doorbell.ring_for_lane(run_id)
    actions.judge()
