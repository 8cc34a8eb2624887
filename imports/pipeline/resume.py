"""Which runs can go on, and why the others cannot: one sentence each."""

import math

from imports.errors import RunNotResumable
from imports.models import ImportRun, RaceCheckpoint, RunFile
from imports.pipeline import ownership
from imports.pipeline.revert.runs import standing_revert

State = ImportRun.State
Race = RaceCheckpoint.State
File = RunFile.State


def refuse_unless_resumable(run: ImportRun) -> None:
    """Raise RunNotResumable where the run cannot go on."""
    if reason := _reason(run):
        raise RunNotResumable(reason)


def refuse_unless_planned(run: ImportRun) -> None:
    """Raise RunNotResumable where the run is not a plan that waits for a person."""
    if run.state != State.PLANNED or not run.options.get("dry_run"):
        raise RunNotResumable(
            f"Run {run.pk} is no dry run that waits to be confirmed: it is {run.state}."
        )


def is_anything_left(run: ImportRun) -> bool:
    """Whether a race of the run is not in, or a file was never read to its end."""
    if run.checkpoints.exclude(state=Race.DONE).exists():
        return True
    if run.run_files.filter(state=File.WAITING).exists():
        return True
    # Its files were read, but it ended before its races were known.
    is_read = run.run_files.filter(state=File.STAGED).exists()
    is_cut_off = run.state in (State.FAILED, State.CANCELLED)
    return is_cut_off and is_read and not run.checkpoints.exists()


def is_pausable(run: ImportRun) -> bool:
    """Whether a pause would do anything: the run is not over, nor stopped already."""
    return not why_not_pausable(run)


def why_not_pausable(run: ImportRun) -> str:
    """Say why a run cannot be paused; nothing where it can."""
    if run.is_final:
        return f"Run {run.pk} is over ({run.state}): there is nothing to pause."
    if run.is_cancel_requested:
        return f"Run {run.pk} is being cancelled; it cannot be paused any more."
    if run.is_paused:
        return f"Run {run.pk} is paused already."
    if run.is_plan:
        return f"Run {run.pk} waits for a person to confirm it; nobody works on it."
    return ""


def _reason(run: ImportRun) -> str:
    if run.state == State.SUCCEEDED:
        return f"Run {run.pk} succeeded: nothing of it is left to do."
    if run.is_final and not is_anything_left(run):
        return (
            f"Run {run.pk} is over and all its races are in; what is missing are files "
            "that cannot be read. Mend those and import them again."
        )
    if run.state == State.PLANNED and run.options.get("dry_run"):
        return f"Run {run.pk} is a dry run that waits for a person to confirm it."
    if run.is_final and (revert := standing_revert(run)):
        return f"Run {run.pk} was reverted by run {revert.pk}. Import its files again."
    seconds = ownership.seconds_alive(run)
    if not run.is_final and seconds > 0:
        who = f" ({run.owner})" if run.owner else ""
        return (
            f"Run {run.pk} is being worked on{who}. If its worker is dead, try again "
            f"in {math.ceil(seconds)} s."
        )
    return ""
