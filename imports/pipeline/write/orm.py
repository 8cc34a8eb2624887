"""The ORM lap writer: decide in Python, `bulk_create(update_conflicts=True)`.

It decides column by column, so it also takes what `merge` leaves: races whose files
state different columns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from imports.models import LapRevision
from imports.pipeline.registers.decide import (
    NEVER,
    Candidate,
    Decision,
    Register,
    decide,
)
from imports.pipeline.registers.laps import (
    COLUMNS,
    Floor,
    LapKey,
    lap_of,
    register_of,
)
from imports.pipeline.registers.records import Completeness
from imports.pipeline.write.journal import Journal
from imports.pipeline.write.lap_batch import LapBatch, LapResult
from races.models import Lap, LapColumn

Candidates = dict[LapKey, list[Candidate]]


@dataclass
class _Changes:
    """Laps to write and to delete, and what each was before."""

    written: list[Lap] = field(default_factory=list)
    removed: list[Lap] = field(default_factory=list)
    before: list[LapRevision] = field(default_factory=list)


def write_laps(batch: LapBatch, *, journal: Journal) -> LapResult:
    """Write the laps of a race, batch_rows at a time."""
    stored = _stored_laps(batch)
    candidates = _candidates(batch)
    batch.check_staged(sum(map(len, candidates.values())))
    floor, decisions = decide_laps(candidates, stored=stored, batch=batch)
    own = Journal(run=batch.run, place=batch.place)
    keys = {pk: key for key, pk in batch.entrant_ids.items()}
    for (entrant_id, number), decision in decisions.items():
        own.add(decision, kind="lap", key=keys[entrant_id], number=number)
    journal.take_disputes(own)
    changes = _changes(decisions, stored=stored, floor=floor, batch=batch)
    _apply(changes, batch=batch)
    return LapResult(
        counts=own.counts,
        removed=own.removed,
        floor=floor,
        is_fresh=not stored and batch.floor.version == NEVER,
    )


def decide_laps(
    candidates: Candidates, *, stored: dict[LapKey, Lap], batch: LapBatch
) -> tuple[Floor, dict[LapKey, Decision]]:
    """Decide every lap of the race; give also the floor once they are written.

    A complete file that is contested under policy `hold` counts as partial: it ends
    nothing before a person has chosen.
    """
    complete = _completeness(candidates, batch=batch)
    decisions = _decide(candidates, stored=stored, complete=complete, batch=batch)
    is_held = any(d.outcome == "held" for d in decisions.values() if d.read)
    if complete.held and is_held:
        complete = Completeness(batch.floor.version)
        decisions = _decide(candidates, stored=stored, complete=complete, batch=batch)
    floor = batch.raised_floor if complete.held else batch.floor
    return floor, decisions


def _completeness(candidates: Candidates, *, batch: LapBatch) -> Completeness:
    versions = {file.version for file in batch.complete}
    held = {
        version: frozenset(
            key
            for key, rows in candidates.items()
            if any(row.version == version for row in rows)
        )
        for version in versions
    }
    return Completeness(batch.floor.version, held)


def _decide(
    candidates: Candidates,
    *,
    stored: dict[LapKey, Lap],
    complete: Completeness,
    batch: LapBatch,
) -> dict[LapKey, Decision]:
    decisions = {}
    for key in sorted({*candidates, *stored} if complete.held else candidates):
        register = None
        if key in stored:
            register = register_of(stored[key], floor=batch.floor)
        given, absent = candidates.get(key, []), complete.absent(key, register)
        if given or absent != NEVER:
            decisions[key] = decide(
                given, stored=register, absent=absent, holds=batch.run.holds
            )
    return decisions


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
        checkpoint_id=batch.place.checkpoint_id,
        entrant_id=key[0],
        number=key[1],
        existed=row is not None,
        is_removed=is_removed,
        **({name: getattr(row, name) for name in columns} if row else {}),
    )


def _candidates(batch: LapBatch) -> Candidates:
    """Give the staged laps of the race by key."""
    rows: Iterable[tuple[Any, ...]] = batch.run.tables.rows(
        "staged_laps", **batch.parameters()
    )
    return {
        key: list(same) for key, same in _grouped(rows, files=_stated_columns(batch))
    }


def _stated_columns(batch: LapBatch) -> dict[int, tuple[UUID, tuple[bool, ...]]]:
    """Give, for each file, its version and which of COLUMNS it states."""
    return {
        number: (file.version, tuple(bit in file.lap_columns for bit in LapColumn))
        for number, file in batch.run.files.items()
    }


def _grouped(
    rows: Iterable[tuple[Any, ...]],
    *,
    files: dict[int, tuple[UUID, tuple[bool, ...]]],
) -> Iterator[tuple[LapKey, list[Candidate]]]:
    for key, same in groupby(rows, key=lambda row: (row[2], row[3])):
        found = []
        for file_number, row_number, _, _, *values in same:
            version, states = files[file_number]
            stated = zip(COLUMNS, values, states, strict=True)
            found.append(
                Candidate(
                    version, row_number, {c: v for c, v, is_said in stated if is_said}
                )
            )
        yield key, found


def _stored_laps(batch: LapBatch) -> dict[LapKey, Lap]:
    laps = Lap.objects.filter(entrant__race_id=batch.race_id)
    return {(lap.entrant_id, lap.number): lap for lap in laps}
