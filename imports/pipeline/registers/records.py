"""Rows of models <-> the registers of their columns; staged records -> candidates.

References stand as the keys of what they name, never as ids: decisions, conflicts and
plans read the same on every machine, and before what they name is stored.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import models

from imports.pipeline.registers.decide import (
    MANUAL_FROM,
    NEVER,
    Candidate,
    Decision,
    Outcome,
    Register,
    decide,
)
from imports.pipeline.registers.staged import StagedFile, StagedRecord, StagedRun
from races.models import Entrant, Versioned
from races.natural_keys import NATURAL_KEYS


class _Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


Key = TypeVar("Key", bound=_Sortable)
Model = type[Versioned]

#: The values of this JSON column are registers of their own, as `attributes.url`.
ATTRIBUTE = "attributes."
#: In `column_versions`, the version of `Register.absent`.
ABSENT = "-"
#: Columns that the pipeline sets, not cells of files.
OWN = (
    "attributes",
    "laps_floor",
    "laps_floor_columns",
    "entrants_floor",
    "pit_stops_floor",
)


def candidates_by_key(
    model: Model,
    records: Iterable[StagedRecord],
    *,
    key: Callable[[StagedRecord], Key],
    files: Mapping[int, StagedFile],
) -> dict[Key, list[Candidate]]:
    """Group records by key, their payload typed as the model's columns are."""
    found: dict[Key, list[Candidate]] = defaultdict(list)
    for record in records:
        version = files[record.file_number].version
        values = {c: _typed(model, c, value) for c, value in record.payload.items()}
        if model is Entrant and version < MANUAL_FROM:
            # A file that states an entrant says that it takes part; an edit of its name
            # does not.
            values = {"is_withdrawn": False} | values
        found[key(record)].append(Candidate(version, record.row_number, values))
    return found


@dataclass(frozen=True)
class Completeness:
    """The complete files of a run that hold one kind of a race's rows, and its floor."""

    floor: UUID = NEVER
    #: Version of a complete file -> the keys that it holds.
    held: Mapping[UUID, frozenset[Any]] = field(default_factory=dict)

    @property
    def raised(self) -> UUID:
        """The floor once the run is in."""
        return max(self.floor, *self.held, NEVER)

    def absent(self, key: Any, register: Register | None) -> UUID:
        """Give the newest complete file that does not hold the key."""
        omitted = [version for version, keys in self.held.items() if key not in keys]
        # Of what was never stated, or is gone, the floor's file held nothing.
        if register is None or not register.versions:
            omitted.append(self.floor)
        return max(omitted, default=NEVER)


EVERYTHING_PARTIAL = Completeness()


def completeness_of(
    records: Iterable[StagedRecord],
    *,
    key: Callable[[StagedRecord], Any],
    files: Mapping[int, StagedFile],
    floor: UUID,
) -> Completeness:
    """Say which keys the complete files among the records' hold.

    A file of laps is complete for laps alone: what it says of entrants, it says by
    the way.
    """
    held: dict[UUID, set[Any]] = defaultdict(set)
    for record in records:
        file = files[record.file_number]
        if file.is_complete and not file.lap_columns:
            held[file.version].add(key(record))
    return Completeness(floor, {v: frozenset(keys) for v, keys in held.items()})


def decide_records(
    candidates: Mapping[Key, Sequence[Candidate]],
    *,
    stored: Mapping[Key, Versioned],
    complete: Completeness = EVERYTHING_PARTIAL,
    holds: bool = False,
) -> dict[Key, Decision]:
    """Decide every key that is staged, or stored and not held by a complete file."""
    decisions: dict[Key, Decision] = {}
    for key in sorted({*candidates, *stored} if complete.held else candidates):
        register = register_of(stored[key]) if key in stored else None
        given = candidates.get(key, ())
        absent = complete.absent(key, register)
        if given or (absent != NEVER and register and register.versions):
            decisions[key] = decide(given, stored=register, absent=absent, holds=holds)
    return decisions


def stated_rows(
    model: Model,
    records: Sequence[StagedRecord],
    *,
    key: Callable[[StagedRecord], Key],
    run: StagedRun,
    floor: UUID,
    stored: Mapping[Key, Versioned],
) -> tuple[dict[Key, list[Candidate]], Completeness]:
    """Group records by key; say also which of their files count as complete.

    A complete file that contradicts the race under policy `hold` ends nothing in it
    before a person has chosen: till then it counts as partial.
    """
    candidates = candidates_by_key(model, records, key=key, files=run.files)
    complete = completeness_of(records, key=key, files=run.files, floor=floor)
    if run.holds and complete.held:
        decisions = decide_records(candidates, stored=stored, holds=True).values()
        if any(decision.outcome == Outcome.HELD for decision in decisions):
            return candidates, Completeness(floor)
    return candidates, complete


def decide_entrants(
    candidates: Mapping[str, Sequence[Candidate]],
    *,
    stored: Mapping[str, Versioned],
    complete: Completeness,
    holds: bool,
) -> dict[str, Decision]:
    """Decide entrants: those that a complete file does not hold are withdrawn.

    They are never removed: their laps stay (docs/adr/0013).
    """
    decisions: dict[str, Decision] = {}
    for key in sorted({*candidates, *stored} if complete.held else candidates):
        register = register_of(stored[key]) if key in stored else None
        given = candidates.get(key, ())
        absent = complete.absent(key, register)
        if given or (absent != NEVER and register and register.versions):
            decision = decide(given, stored=register, holds=holds)
            withdrawn = _withdrawn(decision.register, absent=absent)
            decisions[key] = replace(decision, register=withdrawn)
    return decisions


def register_of(row: Versioned) -> Register:
    """Give a stored row as the registers of its columns."""
    values = {name: _value(row, field) for name, field in fields_of(type(row)).items()}
    attributes = getattr(row, "attributes", {})
    values |= {ATTRIBUTE + name: value for name, value in attributes.items()}
    versions = versions_of(row)
    absent = versions.pop(ABSENT, NEVER)
    return Register(values=values, versions=versions, absent=absent)


def versions_of(row: Versioned) -> dict[str, UUID]:
    """Give the version of each stated column of a stored row."""
    return {
        column: UUID(text)
        for text, columns in row.column_versions.items()
        for column in columns
    }


def set_register(
    row: Versioned, register: Register, *, ids: Mapping[str, Mapping[str, int]]
) -> None:
    """Make a row what the register says; `ids` are those of references, by key."""
    fields = fields_of(type(row))
    attributes = {}
    for column, value in register.values.items():
        if column.startswith(ATTRIBUTE):
            if column in register.versions:
                attributes[column.removeprefix(ATTRIBUTE)] = value
        elif value != _value(row, fields[column]):
            named = value is not None and column in ids
            setattr(row, fields[column].attname, ids[column][value] if named else value)
    if hasattr(row, "attributes"):
        row.attributes = attributes
    versions = dict(register.versions)
    row.version = max(versions.values(), default=NEVER)
    if register.absent != NEVER:
        versions[ABSENT] = register.absent
    row.column_versions = {
        version.hex: sorted(c for c, v in versions.items() if v == version)
        for version in sorted(set(versions.values()))
    }


@cache
def fields_of(model: Model) -> dict[str, Any]:
    """Give the columns that files state, by name: neither keys nor versions."""
    own = {
        *NATURAL_KEYS[model.__name__],
        *(column.name for column in Versioned._meta.fields),
        *OWN,
    }
    return {
        column.name: column
        for column in model._meta.concrete_fields
        if column.name not in own and not column.primary_key
    }


@cache
def references_of(model: Model) -> tuple[str, ...]:
    """Give the columns that name other rows."""
    fields = fields_of(model).items()
    return tuple(name for name, f in fields if isinstance(f, models.ForeignKey))


def _withdrawn(register: Register | None, *, absent: UUID) -> Register | None:
    if register is None or absent == NEVER:
        return register
    if absent < register.versions.get("is_withdrawn", NEVER):
        return register
    return replace(
        register,
        values={**register.values, "is_withdrawn": True},
        versions={**register.versions, "is_withdrawn": absent},
    )


def _value(row: Versioned, field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        named = getattr(row, field.name)
        return named.key if named else None
    return getattr(row, field.attname)


def _typed(model: Model, column: str, value: Any) -> Any:
    if value is None or column.startswith(ATTRIBUTE):
        return value
    field = fields_of(model)[column]
    if isinstance(field, models.ForeignKey):
        return str(value)
    return field.to_python(value)
