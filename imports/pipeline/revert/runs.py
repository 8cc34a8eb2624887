"""Which runs can be reverted, and the run that does it."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from imports import flags
from imports.errors import RunNotRevertable
from imports.models import Conflict, ImportRun, LapRevision, RaceCheckpoint, RowRevision
from imports.pipeline import checkpoint
from imports.pipeline.plan import PlannedRace
from imports.pipeline.revert import rows

Kind = ImportRun.Kind
Race = RaceCheckpoint.State


def find_run(number: int) -> ImportRun:
    """Give a run by its number; RunNotRevertable where there is none."""
    run = ImportRun.objects.filter(pk=number).first()
    if run is None:
        raise RunNotRevertable(f"There is no run {number}. The admin lists the runs.")
    return run


def refuse_unless_revertable(run: ImportRun) -> None:
    """Raise RunNotRevertable where the run cannot be reverted."""
    if reason := _reason(run):
        raise RunNotRevertable(reason)


def is_revertable(run: ImportRun) -> bool:
    """Whether the run can be reverted."""
    return not _reason(run)


def standing_revert(run: ImportRun) -> ImportRun | None:
    """Give the revert of the run that is in force: not itself reverted.

    One that could put nothing back is over as if it had not been.
    """
    for revert in run.reverted_by.order_by("-pk"):
        is_anything_in = not revert.is_final or _is_in(revert, run=run)
        if is_anything_in and standing_revert(revert) is None:
            return revert
    return None


def has_changed_anything(run: ImportRun) -> bool:
    """Whether anything of what the run did can go back."""
    return bool(
        _has_changed_rows(run)
        or RowRevision.objects.filter(run=run).exists()
        or run.checkpoints.filter(undo__inserted__has_key="conflict").exists()
        or "conflict" in (run.shared_undo or {}).get("inserted", {})
        or Conflict.objects.filter(run=run).exists()
    )


def _is_in(revert: ImportRun, *, run: ImportRun) -> bool:
    """Whether a revert is in force: of a run that changed rows, it has put some back."""
    if _has_changed_rows(run):
        return _has_changed_rows(revert)
    return has_changed_anything(revert)


def _has_changed_rows(run: ImportRun) -> bool:
    """Whether it changed more than the record of conflicts."""
    done = run.checkpoints.filter(state=Race.DONE)
    inserted = (run.shared_undo or {}).get("inserted", {})
    is_listed = Q(undo__floors__isnull=False) | Q(
        undo__inserted__has_any_keys=[*rows.MODELS.keys() - {"conflict"}, "lap"]
    )
    return bool(
        any(ids for kind, ids in inserted.items() if kind != "conflict")
        or RowRevision.objects.filter(run=run).exclude(kind="conflict").exists()
        or LapRevision.objects.filter(checkpoint__in=done).exists()
        or done.filter(is_listed).exists()
    )


def new_revert(run: ImportRun, *, trigger: str, by: Any) -> ImportRun:
    """Give the run, not yet saved, that puts a run back."""
    options = {
        flag.value: value for flag, value in flags.fit(flags.current())[0].items()
    }
    return ImportRun(
        source=run.source,
        kind=Kind.REVERT,
        reverts=run,
        trigger=trigger,
        requested_by=by,
        created_at=timezone.now(),
        options={**options, "force": False},
    )


def open_reverted_races(run: ImportRun) -> int:
    """Make a checkpoint of every race that the reverted run has done; give how many."""
    assert run.reverts is not None
    races = [
        PlannedRace(
            number,
            done.meeting_key,
            done.race_key,
            done.lap_counts.written,
            done.row_counts.written - done.lap_counts.written,
        )
        for number, done in enumerate(races_done(run.reverts), start=1)
    ]
    checkpoint.open_races(run, races)
    return len(races)


def races_done(run: ImportRun) -> list[RaceCheckpoint]:
    """Give the races that a run has committed."""
    return list(run.checkpoints.filter(state=Race.DONE).order_by("number"))


def _reason(run: ImportRun) -> str:
    if not run.is_final:
        return (
            f"Run {run.pk} is not over (it is {run.state}). Wait for its end, or cancel "
            "it, and revert it then."
        )
    if revert := standing_revert(run):
        return _reverted(run, revert)
    if not has_changed_anything(run):
        if run.options.get("dry_run"):
            return (
                f"Run {run.pk} is a dry run: it wrote nothing that could be reverted."
            )
        return f"Run {run.pk} changed nothing: there is nothing to revert."
    return ""


def _reverted(run: ImportRun, revert: ImportRun) -> str:
    if not revert.is_final:
        return f"Run {run.pk} is being reverted by run {revert.pk}. Look at that run."
    if revert.checkpoints.exclude(state=Race.DONE).exists():
        return (
            f"Run {run.pk} was reverted in part by run {revert.pk}. Go on with that one: "
            f"ingest_races --resume {revert.pk}."
        )
    return (
        f"Run {run.pk} was reverted by run {revert.pk}. To have it again, revert run "
        f"{revert.pk}."
    )
