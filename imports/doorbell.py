"""Ring for a worker: enqueue a task that carries one id and nothing else.

The ORM broker enqueues in the caller's transaction: a run and its ring commit
together or not at all.
"""

from django_q.tasks import async_task

#: Paths of the functions in `imports.tasks`; a system check sees that they resolve.
WORK = "imports.tasks.work"
LANE = "imports.tasks.lane"
TASKS = (WORK, LANE)


def ring_for_run(run_id: int) -> None:
    """Ask a worker to take a queued run on."""
    async_task(WORK, run_id, task_name=f"run {run_id}")


def ring_for_lane(run_id: int) -> None:
    """Ask a worker to be one more lane of a run."""
    async_task(LANE, run_id, task_name=f"lane of run {run_id}")
