"""Ring for a worker: enqueue a task that carries one id and nothing else.

The ORM broker enqueues in the caller's transaction: a run and its ring commit
together or not at all.
"""

from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from imports.models import ImportRun

#: Paths of the functions in `imports.tasks`; a system check sees that they resolve.
WORK = "imports.tasks.work"
LANE = "imports.tasks.lane"
BEAT = "imports.tasks.beat"
TASKS = (WORK, LANE, BEAT)


def ring_for_run(run_id: int) -> None:
    """Ask a worker to take a queued run on; the run says when it was rung for."""
    ImportRun.objects.filter(pk=run_id).update(rung_at=Now())
    async_task(WORK, run_id, task_name=f"run {run_id}")


def ring_for_lane(run_id: int) -> None:
    """Ask a worker to be one more lane of a run."""
    async_task(LANE, run_id, task_name=f"lane of run {run_id}")


def ring_for_beat(heartbeat_id: int) -> None:
    """Ask the workers of a cluster for a sign of life; no result of it is kept."""
    async_task(BEAT, heartbeat_id, task_name=f"beat {heartbeat_id}", save=False)


def are_fewer_waiting(number: int) -> bool:
    """Whether fewer tasks than that wait to be taken: those that come take others on."""
    waiting = OrmQ.objects.filter(lock__lte=timezone.now())
    return len(waiting.values_list("pk")[:number]) < number
