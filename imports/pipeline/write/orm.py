"""The ORM lap writer: decide in Python, `bulk_create(update_conflicts=True)`.

It decides column by column, so it also takes what `merge` leaves: races whose files
state different columns.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from imports.pipeline.write.decide import (
    Candidate,
    Decision,
    Outcome,
    Register,
    decide,
)
from imports.pipeline.write.lap_batch import LapBatch, LapResult
from imports.pipeline.write.tally import Tally
from races.models import Lap, LapColumn

#: In the order of the staged_laps query and of the bits.
COLUMNS = tuple(bit.column for bit in LapColumn)

LapKey = tuple[int, int]


def write_laps(batch: LapBatch) -> LapResult:
    """Write the laps of a race, batch_rows at a time."""
    stored = _stored_laps(batch)
    tally = Tally()
    changed: list[Lap] = []
    for key, candidates in _candidates(batch):
        row = stored.get(key)
        decision = _decide(candidates, stored=row, floor=batch.floor)
        tally.add(decision)
        if decision.values:
            changed.append(_merged(key, decision, row=row))
    Lap.objects.bulk_create(
        changed,
        batch_size=batch.run.batch_rows,
        update_conflicts=True,
        unique_fields=["entrant", "number"],
        update_fields=[*COLUMNS, "columns", "version", "older"],
    )
    return LapResult(counts=tally.counts, conflicts=tally.conflicts)


def _candidates(batch: LapBatch) -> Iterator[tuple[LapKey, list[Candidate]]]:
    """Give the staged laps of the race by key, in the order of the keys."""
    rows = batch.run.tables.rows("staged_laps", **batch.parameters())
    for key, same in groupby(rows, key=lambda row: (row[2], row[3])):
        yield key, [_candidate(row, batch=batch) for row in same]


def _candidate(row: tuple[Any, ...], *, batch: LapBatch) -> Candidate:
    file_number, row_number, _, _, *values = row
    file = batch.run.files[file_number]
    stated = {
        bit.column: value
        for bit, value in zip(LapColumn, values, strict=True)
        if bit in file.lap_columns
    }
    return Candidate(version=file.version, row_number=row_number, values=stated)


def _decide(
    candidates: Iterable[Candidate], *, stored: Lap | None, floor: UUID
) -> Decision:
    """Decide a lap; what is below the floor of its race is not applied."""
    given = list(candidates)
    register = register_of(stored) if stored else None
    current = [candidate for candidate in given if candidate.version >= floor]
    if current:
        decision = decide(current, stored=register)
        late = len(given) - len(current)
        return _with_duplicates(decision, late)
    decision = decide(given, stored=register)
    return Decision(
        outcome=Outcome.OLDER,
        values={},
        versions={},
        conflicts=decision.conflicts,
        duplicates=decision.duplicates,
    )


def _with_duplicates(decision: Decision, more: int) -> Decision:
    return Decision(
        outcome=decision.outcome,
        values=decision.values,
        versions=decision.versions,
        conflicts=decision.conflicts,
        duplicates=decision.duplicates + more,
    )


def register_of(lap: Lap) -> Register:
    """Give a stored lap as the registers of its columns."""
    bits = LapColumn(lap.columns)
    versions = {bit.column: lap.version for bit in LapColumn if bit in bits}
    versions |= {column: UUID(text) for column, text in (lap.older or {}).items()}
    values = {column: getattr(lap, column) for column in COLUMNS}
    return Register(values=values, versions=versions)


def _merged(key: LapKey, decision: Decision, *, row: Lap | None) -> Lap:
    """Give the lap as it is to be, its versions in their one packed form."""
    entrant_id, number = key
    held = register_of(row) if row else Register(values={}, versions={})
    versions = {**held.versions, **decision.versions}
    newest = max(versions.values())
    return Lap(
        entrant_id=entrant_id,
        number=number,
        **{**held.values, **decision.values},
        version=newest,
        columns=sum(bit for bit in LapColumn if versions.get(bit.column) == newest),
        older={c: v.hex for c, v in sorted(versions.items()) if v != newest} or None,
    )


def _stored_laps(batch: LapBatch) -> dict[LapKey, Lap]:
    laps = Lap.objects.filter(entrant__race_id=batch.race_id)
    return {(lap.entrant_id, lap.number): lap for lap in laps}
