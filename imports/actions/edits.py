"""What a person states: edits of values, and choices between the sides of conflicts.

Every door (admin, API) enters here; what follows is an import as any other, of files
that no other outranks (docs/data-flow.md).
"""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from imports import flags
from imports.actions.batch import BatchOptions
from imports.actions.files import Registered
from imports.actions.start import Order, start_run
from imports.actions.work import work_run
from imports.errors import IngestDisabled
from imports.models import Conflict, ImportRun
from imports.pipeline import choice, manual
from imports.pipeline.choice import Settled
from imports.pipeline.in_force import rows_in_force
from imports.pipeline.manual import ManualRow

ROW_IS_GONE = "Nothing to choose: the row is gone."


def apply_edit(
    rows: Iterable[ManualRow],
    *,
    source: str,
    by: User | None,
    note: str = "",
    trigger: str = ImportRun.Trigger.ADMIN,
) -> ImportRun:
    """State a person's values of rows of a source, and work the run of it here.

    No file outranks them, only a later edit. The run says by its state whether they
    are in.
    """
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    order = Order(trigger=trigger, by=by, kind=ImportRun.Kind.EDIT, note=note)
    with transaction.atomic():
        files = manual.register(rows, source=source, by=by)
        named = [Registered(file=file, name=file.name) for file in files]
        run = start_run(named, order=order)
    work_run(run, options=BatchOptions(name="edit", is_urgent=True))
    run.refresh_from_db()
    if run.state == ImportRun.State.SUCCEEDED:
        choice.name_edits(run, note=note)
    return run


def settle_conflicts(
    conflicts: Iterable[Conflict],
    *,
    side: str,
    by: User | None,
    note: str = "",
    trigger: str = ImportRun.Trigger.ADMIN,
) -> Settled:
    """Put one side's values in force, as an edit; one run a source.

    A conflict counts as settled only where the run is in, and unless a later choice
    came between. Any can be settled again.
    """
    chosen = choice.choose(conflicts, side=side)
    settled = Settled(refused=chosen.refused)
    for source, choices in chosen.by_source.items():
        rows = [row for row, _ in choices]
        run = apply_edit(rows, source=source, by=by, note=note, trigger=trigger)
        settled.runs.append(run)
        if run.state == ImportRun.State.SUCCEEDED:
            marked = choice.mark_settled(choices, run=run, side=side, note=note)
            settled.count += marked
            settled.overtaken += sum(len(same) for _, same in choices) - marked
        else:
            settled.refused.append(choice.why_not(run))
    return settled


def close_conflicts(
    conflicts: Iterable[Conflict], *, by: User | None, note: str = ROW_IS_GONE
) -> int:
    """Close those open conflicts whose row is gone; give how many.

    There is nothing to choose between, so no side is on record and no run is made.
    """
    given = list(conflicts)
    in_force = rows_in_force(given)
    gone = [c.pk for c in given if in_force[c.pk].row is None]
    waiting = Conflict.objects.filter(pk__in=gone, state=Conflict.State.OPEN)
    return waiting.update(
        state=Conflict.State.SETTLED,
        settled_at=Now(),
        settled_by=by,
        note=note,
    )
