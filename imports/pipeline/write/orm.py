"""The ORM lap writer: decide in Python, `bulk_create(update_conflicts=True)`.

It decides column by column, so it also takes what `merge` leaves: races whose files
state different columns.
"""

from dataclasses import dataclass, field

from imports.models import LapRevision
from imports.pipeline.registers.decide import NEVER, Decision, Register
from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.registers.lap_decisions import (
    decide_laps,
    journal_of_laps,
    stored_laps,
)
from imports.pipeline.registers.laps import (
    COLUMNS,
    Floor,
    LapKey,
    lap_of,
    register_of,
)
from races.models import Lap


@dataclass
class _Changes:
    """Laps to write and to delete, and what each was before."""

    written: list[Lap] = field(default_factory=list)
    removed: list[Lap] = field(default_factory=list)
    before: list[LapRevision] = field(default_factory=list)


def write_laps(batch: LapBatch, *, journal: Journal) -> LapResult:
    """Write the laps of a race, batch_rows at a time."""
    stored = stored_laps(batch)
    floor, decisions = decide_laps(batch, stored=stored)
    own = journal_of_laps(decisions, batch=batch)
    journal.take_disputes(own)
    changes = _changes(decisions, stored=stored, floor=floor, batch=batch)
    _apply(changes, batch=batch)
    return LapResult(
        counts=own.counts,
        removed=own.removed,
        floor=floor,
        is_fresh=not stored and batch.floor.version == NEVER,
    )


def _changes(
    decisions: dict[LapKey, Decision],
    *,
    stored: dict[LapKey, Lap],
    floor: Floor,
    batch: LapBatch,
) -> _Changes:
    """Give what must be written so that the store says what was decided."""
    changes = _Changes()
    is_fresh = not stored and batch.floor.version == NEVER
    rest = {} if floor == batch.floor else stored
    for key in sorted({*decisions, *rest}):
        row = stored.get(key)
        target = _target(decisions.get(key), row, batch=batch)
        if row and register_of(row, floor=floor) == target:
            continue
        if target:
            changes.written.append(lap_of(key, target))
        elif row:
            changes.removed.append(row)
        if row or (target and not is_fresh):
            is_removed = target is None
            changes.before.append(_revision(key, row, is_removed, batch=batch))
    return changes


def _target(
    decision: Decision | None, row: Lap | None, *, batch: LapBatch
) -> Register | None:
    if decision:
        return decision.register
    return register_of(row, floor=batch.floor) if row else None


def _apply(changes: _Changes, *, batch: LapBatch) -> None:
    rows = batch.run.batch_rows
    LapRevision.objects.bulk_create(changes.before, batch_size=rows)
    for at in range(0, len(changes.removed), rows):
        keys = [lap.pk for lap in changes.removed[at : at + rows]]
        Lap.objects.filter(pk__in=keys).delete()
    Lap.objects.bulk_create(
        changes.written,
        batch_size=rows,
        update_conflicts=True,
        unique_fields=["entrant", "number"],
        update_fields=[*COLUMNS, "columns", "version", "older"],
    )


def _revision(
    key: LapKey, row: Lap | None, is_removed: bool, *, batch: LapBatch
) -> LapRevision:
    columns = (*COLUMNS, "columns", "version", "older")
    return LapRevision(
        checkpoint_id=batch.place.checkpoint_id or 0,
        entrant_id=key[0],
        number=key[1],
        existed=row is not None,
        is_removed=is_removed,
        **({name: getattr(row, name) for name in columns} if row else {}),
    )
