"""What the queue calls. A task is a doorbell: one id in, one function called.

The truth is in our tables: a task that is lost, doubled or late changes nothing.
"""

import os
import time

from imports import actions, conf, doorbell
from imports.models import ImportRun
from imports.pipeline.lane import Lane
from imports.pipeline.run import end_run, run_lane


def work(run_id: int) -> None:
    """Prepare a queued run, ring for its other lanes, and be its first lane."""
    actions.sweep()
    run = ImportRun.objects.get(pk=run_id)
    worker = _lane()
    if actions.prepare(run, owner=worker.owner):
        for _ in range(actions.lanes_of(run) - 1):
            doorbell.ring_for_lane(run_id)
    # Delivered once more, the task is one more lane.
    _write(run_id, worker)


def lane(run_id: int) -> None:
    """Write races of a run until none is left or time is up; then ring again."""
    actions.sweep()
    _write(run_id, _lane())


def _lane() -> Lane:
    ends = time.monotonic() + conf.get("LANE_SECONDS")
    return Lane(name=f"queue-{os.getpid()}", is_time_up=lambda: time.monotonic() > ends)


def _write(run_id: int, worker: Lane) -> None:
    run = ImportRun.objects.get(pk=run_id)
    if run.state != ImportRun.State.WRITING:
        return
    run_lane(run, lane=worker)
    if not end_run(run) and worker.is_time_up():
        doorbell.ring_for_lane(run_id)
