"""Decide laps one by one, column by column: what every case needs, and few take.

Where all files of a race state the same columns, one statement does it set by set:
`classify_laps` in laps.sql, read by `lap_summary`.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from imports.pipeline.registers.decide import NEVER, Candidate, Decision, decide
from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.lap_batch import LapBatch
from imports.pipeline.registers.laps import COLUMNS, Floor, LapKey, register_of
from imports.pipeline.registers.records import Completeness
from races.models import Lap, LapColumn

Candidates = dict[LapKey, list[Candidate]]


def decide_laps(
    batch: LapBatch, *, stored: dict[LapKey, Lap]
) -> tuple[Floor, dict[LapKey, Decision]]:
    """Decide every lap of the race; give also the floor once they are written.

    A complete file that is contested under policy `hold` counts as partial: it ends
    nothing before a person has chosen.
    """
    candidates = _candidates(batch)
    batch.check_staged(sum(map(len, candidates.values())))
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


def journal_of_laps(decisions: dict[LapKey, Decision], *, batch: LapBatch) -> Journal:
    """Give the counts of the laps, and where files disagree on them."""
    journal = Journal(run=batch.run, place=batch.place)
    keys = {pk: key for key, pk in batch.entrant_ids.items()}
    for (entrant_id, number), decision in decisions.items():
        journal.add(decision, kind="lap", key=keys[entrant_id], number=number)
    return journal


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


def stored_laps(batch: LapBatch) -> dict[LapKey, Lap]:
    """Give the stored laps of the race."""
    laps = Lap.objects.filter(entrant__race_id=batch.race_id)
    return {(lap.entrant_id, lap.number): lap for lap in laps}
