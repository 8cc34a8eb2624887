"""A stored lap <-> the registers of its columns, and back in its one packed form.

The effective version of a column that the newest complete file states is the higher
of its own and that file's, the floor: such a file does not rewrite what it repeats.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from imports.pipeline.registers.decide import NEVER, Register
from races.models import Lap, LapColumn

#: In the order of the staged_laps query and of the bits.
COLUMNS = tuple(bit.column for bit in LapColumn)
#: In `Lap.older`, the version of `Register.absent`.
ABSENT = "-"

NO_COLUMNS = LapColumn(0)

LapKey = tuple[int, int]


@dataclass(frozen=True)
class Floor:
    """The newest complete file of a race's laps, and the columns that it states."""

    version: UUID = NEVER
    columns: LapColumn = NO_COLUMNS


NO_FLOOR = Floor()


def register_of(lap: Lap, *, floor: Floor) -> Register:
    """Give a stored lap as the registers of its columns, by effective versions."""
    bits = LapColumn(lap.columns)
    versions = {bit.column: lap.version for bit in LapColumn if bit in bits}
    versions |= {column: UUID(text) for column, text in (lap.older or {}).items()}
    absent = versions.pop(ABSENT, NEVER)
    for bit in floor.columns:
        if bit.column in versions:
            versions[bit.column] = max(versions[bit.column], floor.version)
    values = {column: getattr(lap, column) for column in COLUMNS}
    return Register(values=values, versions=versions, absent=absent)


def lap_of(key: LapKey, register: Register) -> Lap:
    """Give a lap to be stored: its versions in their one packed form."""
    entrant_id, number = key
    versions: dict[str, Any] = dict(register.versions)
    newest = max(versions.values())
    older = {c: v.hex for c, v in sorted(versions.items()) if v != newest}
    if register.absent != NEVER:
        older = {ABSENT: register.absent.hex, **older}
    return Lap(
        entrant_id=entrant_id,
        number=number,
        **{column: register.values.get(column) for column in COLUMNS},
        version=newest,
        columns=sum(bit for bit in LapColumn if versions.get(bit.column) == newest),
        older=older or None,
    )
