"""Let runs go on: those that died, those that are not all in, plans that are confirmed."""

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from imports import doorbell, flags
from imports.errors import (
    IngestDisabled,
)
from imports.models import ImportRun, RunFile
from imports.pipeline import checkpoint, manifest, plan
from imports.pipeline.resume import refuse_unless_planned, refuse_unless_resumable

log = structlog.get_logger(__name__)


PLANNED_AGAIN = (
    "{moved} of its races have changed since the plan was made. It was planned again: "
    "look at it once more and confirm."
)


def resume_run(run: ImportRun, *, by: User | None, in_queue: bool = False) -> int:
    """Let an unfinished run, or one that is not all in, wait for a worker again.

    Failed and cancelled races wait again; races that are done and files that were
    refused stay as they are. Gives how many races wait again. RunNotResumable says
    why it cannot be.
    """
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    with transaction.atomic():
        # Under the lock nobody claims it, ends it or sweeps it.
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        refuse_unless_resumable(run)
        races = checkpoint.reopen_races(run.pk)
        # What was planned and has moved since is planned again, for a person to see.
        run.options["dry_run"] = bool(plan.count_moved(run))
        run.state, run.queued_at = ImportRun.State.QUEUED, timezone.now()
        run.finished_at, run.message, run.owner, run.rung_at = None, "", "", None
        run.is_cancel_requested, run.is_paused, run.attempts = False, False, 0
        run.save()
        if in_queue:
            doorbell.ring_for_run(run.pk)
    log.info("run_resumed", run=run.pk, races=races, by=str(by or "the system"))
    return races


def confirm_plan(run: ImportRun, *, by: User | None, in_queue: bool = False) -> int:
    """Let a dry run be written just as planned; gives how many of its races moved.

    Where one moved since it was planned, or shared rows did, nothing is written: the
    run is planned again, and waits once more. InputChanged where a file's stored bytes
    did.
    """
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    for file in run.run_files.filter(state=RunFile.State.STAGED):
        manifest.check_stored(file.source_file)
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        refuse_unless_planned(run)
        moved = plan.count_moved(run)
        if not moved:
            checkpoint.clear_plans(run.pk)
        run.options["dry_run"] = bool(moved)
        run.state, run.owner, run.attempts = ImportRun.State.QUEUED, "", 0
        run.queued_at, run.rung_at = timezone.now(), None
        run.is_paused = False
        run.message = PLANNED_AGAIN.format(moved=moved) if moved else ""
        run.save()
        if in_queue:
            doorbell.ring_for_run(run.pk)
    log.info("plan_confirmed", run=run.pk, moved=moved, by=str(by or "the system"))
    return moved
