"""Pause runs and let them go on: what waits is left alone until a person says so."""

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from imports import doorbell, flags
from imports.actions.work import lanes_of
from imports.errors import IngestDisabled, RunNotPausable
from imports.models import ImportRun
from imports.pipeline.resume import why_not_pausable

log = structlog.get_logger(__name__)

State = ImportRun.State


def pause_run(run: ImportRun, *, by: User | None) -> None:
    """Let nobody take the run on, or another race of it; those in work are finished."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if reason := why_not_pausable(run):
            raise RunNotPausable(reason)
        run.is_paused = True
        run.save(update_fields=["is_paused"])
    log.info("run_paused", run=run.pk, by=str(by or "the system"))


def continue_run(run: ImportRun, *, by: User | None) -> None:
    """Let a paused run go on, and ring for a worker."""
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not run.is_held_up:
            raise RunNotPausable(f"Run {run.pk} is not paused: it is {run.state}.")
        # The time of the pause is not time that it waited.
        run.is_paused, run.queued_at = False, timezone.now()
        run.save(update_fields=["is_paused", "queued_at"])
        if run.state == State.QUEUED:
            doorbell.ring_for_run(run.pk)
        elif run.state == State.WRITING:
            for _ in range(lanes_of(run)):
                doorbell.ring_for_lane(run.pk)
    log.info("run_continued", run=run.pk, by=str(by or "the system"))
