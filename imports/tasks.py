"""What the queue calls. A task is a doorbell: one id in, one function called.

The truth is in our tables: a task that is lost, doubled or late changes nothing.
"""

import os
import time

from imports import actions, conf, doorbell
from imports.actions import BatchOptions, Races
from imports.models import ImportRun
from imports.pipeline.lane import owner_name
from imports.pipeline.run import end_run


def work(run_id: int) -> None:
    """Prepare a queued run, ring for its other lanes, and be its first lane."""
    actions.watch()
    run = ImportRun.objects.get(pk=run_id)
    if actions.prepare(run, owner=owner_name(_name())):
        for _ in range(actions.lanes_of(run) - 1):
            doorbell.ring_for_lane(run_id)
    # Delivered once more, the task is one more lane.
    _write(run_id)


def lane(run_id: int) -> None:
    """Write races of a run until none is left or time is up; then ring again."""
    actions.watch()
    _write(run_id)


def _name() -> str:
    return f"queue-{os.getpid()}"


def _write(run_id: int) -> None:
    run = ImportRun.objects.get(pk=run_id)
    if run.state != ImportRun.State.WRITING:
        return
    ends = time.monotonic() + conf.get("LANE_SECONDS")
    options = BatchOptions(name=_name(), is_time_up=lambda: time.monotonic() > ends)
    actions.process_races(Races(run), max_concurrency=1, options=options)
    if not end_run(run) and options.is_time_up():
        doorbell.ring_for_lane(run_id)
    actions.judge()
