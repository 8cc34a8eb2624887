"""Conflicts -> the rows they are about, as they are stored now. Reads only.

A fixed number of queries a kind of row, however many conflicts.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from imports.models import Conflict
from imports.pipeline.manual import MODELS
from imports.pipeline.registers import laps, records
from imports.pipeline.registers.decide import Register
from imports.pipeline.registers.laps import Floor
from imports.pipeline.registers.records import ATTRIBUTE, fields_of
from races.models import Entrant, Lap, LapColumn, PitStop, Race

Key = tuple[Any, ...]


@dataclass(frozen=True)
class InForce:
    """What the store holds of a row: its values as JSON has them, their versions."""

    #: None where it is not stored.
    row: models.Model | None = None
    entrant: Entrant | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, row: models.Model, *, entrant: Entrant | None = None) -> "InForce":
        """Read a stored row."""
        register = register_of(row)
        values = json.loads(json.dumps(dict(register.values), cls=DjangoJSONEncoder))
        return cls(row, entrant, values, register.versions)


def register_of(row: Any) -> Register:
    """Give any stored row as the registers of its columns."""
    if isinstance(row, Lap):
        race = row.entrant.race
        floor = Floor(race.laps_floor, LapColumn(race.laps_floor_columns))
        return laps.register_of(row, floor=floor)
    return records.register_of(row)


def is_same(kind: str, column: str, one: Any, other: Any) -> bool:
    """Whether two values of a column are one: 12.5 and 12.500 points are."""
    if one is None or other is None or kind == "lap" or column.startswith(ATTRIBUTE):
        return bool(one == other)
    field = fields_of(MODELS[kind]).get(column)
    if field is None or isinstance(field, models.ForeignKey):
        return bool(one == other)
    return bool(field.to_python(one) == field.to_python(other))


def rows_in_force(conflicts: Iterable[Conflict]) -> dict[int, InForce]:
    """Find the row of each conflict, by the conflict's id."""
    by_kind: dict[str, list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        by_kind[conflict.kind].append(conflict)
    found: dict[int, InForce] = {}
    entrants = _entrants(
        conflict
        for kind in ("lap", "pit_stop", "entrant")
        for conflict in by_kind.get(kind, [])
    )
    for kind, same in by_kind.items():
        rows = _rows(kind, same, entrants=entrants)
        for conflict in same:
            entrant = entrants.get((conflict.race_id, conflict.key))
            row = rows.get(_key(conflict, entrant))
            found[conflict.pk] = (
                InForce.of(row, entrant=entrant) if row else InForce(entrant=entrant)
            )
    return found


def _key(conflict: Conflict, entrant: Entrant | None) -> Key:
    if conflict.kind in ("lap", "pit_stop"):
        return (entrant and entrant.pk, conflict.number)
    if conflict.kind == "entrant":
        return (conflict.race_id, conflict.key)
    if conflict.kind == "race":
        return (conflict.race_id,)
    return (conflict.source, conflict.key or conflict.meeting_key)


def _rows(
    kind: str, conflicts: list[Conflict], *, entrants: Mapping[Key, Entrant]
) -> dict[Key, Any]:
    if kind == "entrant":
        return dict(entrants)
    if kind in ("lap", "pit_stop"):
        return _rows_of_entrants(kind, conflicts, entrants=entrants)
    if kind == "race":
        races = Race.objects.filter(pk__in={c.race_id for c in conflicts})
        return {(race.pk,): race for race in races}
    found = MODELS[kind]._default_manager.filter(
        source__in={c.source for c in conflicts},
        key__in={c.key or c.meeting_key for c in conflicts},
    )
    named = found.select_related(*records.references_of(MODELS[kind]))
    return {(row.source, row.key): row for row in named}


def _rows_of_entrants(
    kind: str, conflicts: list[Conflict], *, entrants: Mapping[Key, Entrant]
) -> dict[Key, Any]:
    by_id = {entrant.pk: entrant for entrant in entrants.values()}
    wanted = {_key(c, entrants.get((c.race_id, c.key))) for c in conflicts}
    wanted = {key for key in wanted if key[0] is not None}
    rows: Iterable[Any] = (
        Lap.objects.filter(pk__in=sorted(wanted))
        if kind == "lap"
        else PitStop.objects.filter(
            entrant__in={entrant for entrant, _ in wanted},
            number__in={number for _, number in wanted},
        )
    )
    found = {}
    for row in rows:
        row.entrant = by_id[row.entrant_id]
        found[(row.entrant_id, row.number)] = row
    return found


def _entrants(conflicts: Iterable[Conflict]) -> dict[Key, Entrant]:
    """Give the entrants that conflicts name, by race and key."""
    wanted = {(c.race_id, c.key) for c in conflicts if c.race_id is not None}
    if not wanted:
        return {}
    found = Entrant.objects.filter(
        race__in={race for race, _ in wanted}, key__in={key for _, key in wanted}
    )
    return {
        (entrant.race_id, entrant.key): entrant
        for entrant in found.select_related("race__meeting", "competitor", "team")
    }
