"""Settled races -> the end of the run: its state, its totals, its staging dropped."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from imports.failpoints import failpoint
from imports.models import Counts, ImportRun, RaceCheckpoint, RunFile, SourceFile
from imports.pipeline import corrections
from imports.pipeline.preview import Plan
from imports.pipeline.staging_tables import StagingTables

log = structlog.get_logger(__name__)

Race = RaceCheckpoint.State
Run = ImportRun.State


def finish_run(run: ImportRun) -> bool:
    """End a run whose races are all settled; False where another lane was first."""
    # Before the end is said: whoever sees it finds nothing left.
    StagingTables(run.pk, run.epoch).drop()
    state = final_state(
        race_states=list(run.checkpoints.values_list("state", flat=True)),
        file_states=list(run.run_files.values_list("state", flat=True)),
        are_tables_missing=run.run_files.filter(_has_unread_tables()).exists(),
        is_file_left_out=run.is_file_left_out,
        is_shared_written=run.shared_rows is not None,
        is_cancelled=run.is_cancel_requested,
    )
    is_ours = _end(run, from_states=[Run.WRITING], state=state)
    failpoint("mid_finish")
    if is_ours:
        _mark_imported(run)
    return is_ours


def fail_run(run: ImportRun, message: str) -> None:
    """End a run that cannot be prepared; its races are settled, it is held.

    Races that are done stay, and are counted.
    """
    run.message = message
    run.save(update_fields=["message"])
    StagingTables(run.pk, run.epoch).drop()
    is_any_in = run.checkpoints.filter(state=Race.DONE).exists()
    state = Run.PARTIAL if is_any_in else Run.FAILED
    if run.is_cancel_requested:
        state = Run.CANCELLED
    _end(run, from_states=[Run.QUEUED, Run.STAGING, Run.PLANNED], state=state)


def keep_totals(run: ImportRun, *, shared: Plan) -> None:
    """Say what a planned run would come to."""
    open_races = run.checkpoints.filter(state=Race.WAITING)
    planned = {"rows": shared.rows.as_dict(), "conflicts": shared.conflicts}
    totals = _totals(run, races=list(open_races), shared=planned)
    ImportRun.objects.filter(pk=run.pk).update(basis=run.basis, **totals)


def _end(run: ImportRun, *, from_states: Sequence[str], state: str) -> bool:
    """Say the end and the totals, of the races of all attempts; fenced by the epoch."""
    done = list(run.checkpoints.filter(state=Race.DONE))
    shared = run.shared_rows or {"rows": {}, "conflicts": 0}
    as_read = ImportRun.objects.filter(
        pk=run.pk, epoch=run.epoch, state__in=from_states
    )
    totals = _totals(run, races=done, shared=shared)
    is_ours = bool(as_read.update(state=state, finished_at=Now(), **totals))
    if is_ours:
        transaction.on_commit(partial(_tell, run.pk))
    return is_ours


def _totals(
    run: ImportRun, *, races: Sequence[RaceCheckpoint], shared: dict[str, Any]
) -> dict[str, Any]:
    """Add up the races, the shared rows and what the files' readers refused."""
    files = list(run.run_files.all())
    rejected = sum(file.rows_rejected for file in files)
    refused = Counts(read=rejected, rejected=rejected)
    laps_refused = sum(file.laps_rejected for file in files)
    rows = Counts.sum(race.row_counts for race in races)
    laps = Counts.sum(race.lap_counts for race in races)
    return {
        "rows": (rows + refused + Counts.of(shared["rows"])).as_dict(),
        "laps": (laps + Counts(read=laps_refused, rejected=laps_refused)).as_dict(),
        "conflicts": sum(race.conflicts for race in races) + shared["conflicts"],
        "removed": sum(race.removed for race in races) + shared.get("removed", 0),
    }


def _tell(run_id: int) -> None:
    """Say in the log what a run came to; times in ms and seconds."""
    run = ImportRun.objects.get(pk=run_id)
    failed = Q(state=Race.FAILED)
    counted = run.checkpoints.aggregate(
        success=Count("pk", filter=Q(state=Race.DONE)),
        failure=Count("pk", filter=failed),
        retryable=Count("pk", filter=failed & Q(is_retryable=True)),
        cancelled=Count("pk", filter=Q(state=Race.CANCELLED)),
    )
    timed = run.checkpoints.filter(total_ms__isnull=False)
    longest = timed.order_by("-total_ms").first()
    log.info(
        "run_finished",
        run=run.pk,
        state=run.state,
        why=run.message,
        seconds=round(run.duration.total_seconds(), 3) if run.duration else 0.0,
        **counted,
        longest_race=longest and f"{longest.meeting_key}/{longest.race_key}",
        longest_race_ms=longest and round(longest.total_ms or 0, 1),
        **run.rows,
    )


def final_state(
    *,
    race_states: Sequence[str],
    file_states: Sequence[str],
    is_shared_written: bool,
    is_cancelled: bool,
    are_tables_missing: bool = False,
    is_file_left_out: bool = False,
) -> str:
    """Say how a run ended: partial is some of it, failed is nothing of it."""
    is_bad_race = any(state != Race.DONE for state in race_states)
    is_rejected = RunFile.State.REJECTED in file_states
    is_bad_file = are_tables_missing or is_file_left_out or is_rejected
    if is_cancelled and is_bad_race:
        return Run.CANCELLED
    if not is_bad_race and not is_bad_file:
        return Run.SUCCEEDED
    is_anything_in = Race.DONE in race_states or (is_shared_written and not race_states)
    is_known_file = RunFile.State.DUPLICATE in file_states
    return Run.PARTIAL if is_anything_in or is_known_file else Run.FAILED


def _has_unread_tables() -> Q:
    """Files of which some tables are staged and others could not be read."""
    return Q(state=RunFile.State.STAGED) & ~Q(error_code="")


def _mark_imported(run: ImportRun) -> None:
    """Remember the files whose every row is in: the same bytes are no work again.

    Only of a run that was prepared: before that, having no race that is left to write
    says nothing.
    """
    if run.checkpoints.exclude(state=Race.DONE).exists():
        return
    staged = run.run_files.filter(state=RunFile.State.STAGED)
    staged = staged.exclude(_has_unread_tables())
    corrections.mark_corrected(staged)
    SourceFile.objects.filter(
        pk__in=staged.values("source_file"), imported_at__isnull=True
    ).update(imported_at=timezone.now())
