"""See to what dead workers left."""

from dataclasses import asdict
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from imports import conf, doorbell
from imports.actions.answers import purge_answers
from imports.actions.stop import (
    cancel_runs,
    drop_leaked_staging,
    give_up,
    settle_and_end,
)
from imports.models import ImportRun
from imports.pipeline import sweep as sweeping
from imports.pipeline.sweep import Swept

log = structlog.get_logger(__name__)

#: At most so many runs are rung for again by one sweep, and none where so many tasks wait.
RINGS_AT_ONCE = 5

DIED = (
    "Its worker died while it prepared the run. Go on with it by ingest_races --resume."
)


def sweep() -> Swept:
    """See to what dead workers left; safe beside any number of other sweeps."""
    with transaction.atomic():
        requeued = sweeping.requeue_dead_runs()
        # A paused one waits for a person.
        for run in ImportRun.objects.filter(pk__in=requeued, is_paused=False):
            doorbell.ring_for_run(run.pk)
    with transaction.atomic():
        given_up = [run.pk for run in sweeping.hopeless_runs() if give_up(run, DIED)]
    _discard_old_plans()
    purge_answers()
    ended = [run.pk for run in sweeping.writing_runs() if settle_and_end(run)]
    with transaction.atomic():
        rung = sweeping.unattended_runs()
        for run_id in rung:
            doorbell.ring_for_lane(run_id)
    rung_again = ring_again()
    swept = Swept(
        requeued=tuple(requeued),
        given_up=tuple(given_up),
        ended=tuple(ended),
        rung=tuple(rung),
        rung_again=tuple(rung_again),
        dropped=tuple(drop_leaked_staging()),
    )
    if swept:
        log.warning("swept", **asdict(swept))
    return swept


def ring_again() -> list[int]:
    """Ring for runs that wait and whose ring may be lost; give them.

    Rings are lost with a queue that is emptied, a SECRET_KEY that is changed, a worker
    that is killed. Where enough tasks wait none is rung: a worker that comes goes on
    with all runs that wait.
    """
    if not doorbell.are_fewer_waiting(RINGS_AT_ONCE):
        return []
    with transaction.atomic():
        forgotten = sweeping.forgotten_runs(most=RINGS_AT_ONCE)
        for run_id in forgotten:
            doorbell.ring_for_run(run_id)
    return forgotten


def _discard_old_plans() -> None:
    """Cancel the dry runs that nobody has confirmed: their staged rows take room."""
    oldest = timezone.now() - timedelta(hours=conf.get("PLAN_HOURS"))
    cancel_runs(ImportRun.objects.plans().filter(claimed_at__lt=oldest), by=None)
