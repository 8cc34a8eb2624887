"""What the queue calls. A task is a doorbell: one id in, one function called.

The truth is in our tables: a task that is lost, doubled or late changes nothing.
"""

import os
import time

from imports import actions, conf, doorbell
from imports.models import ImportRun
from imports.pipeline.lane import Lane
from imports.pipeline.run import end_run, prepare_run, run_lane


def work(run_id: int) -> None:
    """Prepare a queued run, ring for its other lanes, and be its first lane."""
    run = ImportRun.objects.get(pk=run_id)
    if actions.claim_run(run):
        prepare_run(run)
        for _ in range(actions.lanes_of(run) - 1):
            doorbell.ring_for_lane(run_id)
    # Delivered once more, the task is one more lane.
    lane(run_id)


def lane(run_id: int) -> None:
    """Write races of a run until none is left or time is up; then ring again."""
    run = ImportRun.objects.get(pk=run_id)
    if run.state != ImportRun.State.WRITING:
        return
    ends = time.monotonic() + conf.get("LANE_SECONDS")
    worker = Lane(
        name=f"queue-{os.getpid()}", is_time_up=lambda: time.monotonic() > ends
    )
    run_lane(run, lane=worker)
    if not end_run(run) and worker.is_time_up():
        doorbell.ring_for_lane(run_id)
