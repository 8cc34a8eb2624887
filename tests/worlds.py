"""Small worlds of overlapping files, and the model of what they must come to.

A world is a few files on the same races: laps, entrants and pit stops, with differing
columns, complete or partial, values that agree or not. `expected` says, by brute
force over all statements, what any order of delivery must leave behind.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from imports.pipeline.manifest import Statement
from tests import state

MEETING = "ashford"
START = datetime(2024, 5, 1, tzinfo=UTC)
NEVER = UUID(int=0)

COLUMNS = {
    "lap": ("time_ms", "position", "sector1_ms"),
    "entrant": ("name", "position", "status"),
    "pit_stop": ("lap", "duration_ms"),
}
KEY_COLUMNS = {
    "lap": ("race", "entrant", "lap"),
    "entrant": ("race", "entrant"),
    "pit_stop": ("race", "entrant", "stop"),
}
#: What files are of, as often as they are.
USUAL = ("lap", "lap", "lap", "lap", "entrant", "pit_stop")
WORDS = {"name": ("Ann", "Bob"), "status": ("Finished", "Retired")}

Key = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One row of a file: its key below the meeting, its values."""

    key: Key
    values: dict[str, Any]


@dataclass(frozen=True)
class File:
    """A file of one kind of rows, and what is said of it."""

    name: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    hours: int
    is_complete: bool
    #: What it says of other races is left out of account; empty: all count.
    races: frozenset[str] = frozenset()

    @property
    def statement(self) -> Statement:
        """What the one who brings it says."""
        return Statement(
            source="test",
            observed_at=START + timedelta(hours=self.hours),
            is_complete=self.is_complete,
        )

    def of_race(self, race: str) -> "File":
        """Give what it says of one race; rows keep their numbers."""
        return replace(self, races=frozenset({race}))

    def write(self, folder: Path) -> Path:
        """Write it as CSV."""
        header = ["meeting", *KEY_COLUMNS[self.kind], *self.columns]
        lines = [",".join(header)]
        for row in self.rows:
            values = (row.values[column] for column in self.columns)
            cells = ["" if value is None else str(value) for value in values]
            lines.append(",".join([MEETING, *row.key, *cells]))
        path = folder / self.name
        path.write_text("\n".join(lines) + "\n")
        return path


@dataclass
class World:
    """Files, and where they lie once written."""

    files: list[File]
    paths: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int, *, files: int = 5, kinds: Sequence[str] = USUAL) -> "World":
        """Make up a world; the same seed gives the same one."""
        chance = random.Random(seed)
        hours = chance.sample(range(1, 100), files)
        return cls([_file(chance, n, hours[n], kinds) for n in range(files)])


def _file(chance: random.Random, number: int, hours: int, kinds: Sequence[str]) -> File:
    kind = chance.choice(kinds)
    is_uniform = kind == "lap" and chance.random() < 0.65
    count = 1 if is_uniform else chance.randint(1, len(COLUMNS[kind]))
    columns = (
        COLUMNS[kind][:1]
        if is_uniform
        else tuple(sorted(chance.sample(COLUMNS[kind], count)))
    )
    keys = _keys(chance, kind)
    rows = tuple(Row(key, {c: _value(chance, c) for c in columns}) for key in keys)
    return File(
        name=f"{number}-{kind}.csv",
        kind=kind,
        columns=columns,
        rows=rows,
        hours=hours,
        is_complete=chance.random() < 0.35,
    )


def _keys(chance: random.Random, kind: str) -> list[Key]:
    numbers = ("1", "2") if kind != "entrant" else ("",)
    space = [
        tuple(part for part in (race, entrant, number) if part)
        for race in ("1", "2")
        for entrant in ("7", "8")
        for number in numbers
    ]
    chosen = chance.sample(space, chance.randint(1, len(space)))
    # Now and then a key stands twice.
    return chosen + chance.choices(chosen, k=chance.choice([0, 0, 1]))


def _value(chance: random.Random, column: str) -> Any:
    if column in WORDS:
        return chance.choice([None, *WORDS[column]])
    return chance.choice([None, 1, 2])


@dataclass(frozen=True)
class _Said:
    version: UUID
    row_number: int
    values: dict[str, Any]


Expected = dict[tuple[str, ...], dict[str, tuple[Any, UUID]]]


def expected(files: Iterable[File], versions: dict[str, UUID]) -> dict[str, Expected]:
    """Give, by kind and key, every column's value and version that must be stored."""
    by_kind: dict[str, list[File]] = defaultdict(list)
    for file in files:
        by_kind[file.kind].append(file)
    return {kind: _settle(by_kind[kind], versions, kind=kind) for kind in COLUMNS}


def _settle(files: list[File], versions: dict[str, UUID], *, kind: str) -> Expected:
    said: dict[Key, list[_Said]] = defaultdict(list)
    for file in files:
        for number, row in enumerate(file.rows, start=2):
            if file.races and row.key[0] not in file.races:
                continue
            said[row.key].append(_Said(versions[file.name], number, row.values))
    settled: Expected = {}
    for key, statements in said.items():
        absent = max((versions[f.name] for f in files if _ends(f, key)), default=NEVER)
        columns = _columns(statements, absent if kind != "entrant" else NEVER)
        if kind == "entrant":
            newest = max(s.version for s in statements)
            columns["is_withdrawn"] = (absent > newest, max(absent, newest))
        if columns:
            settled[key] = columns
    return settled


def _ends(file: File, key: Key) -> bool:
    """Whether the file is complete for the key's race and does not hold it."""
    keys = {row.key for row in file.rows}
    return file.is_complete and key not in keys and key[0] in {k[0] for k in keys}


def _columns(statements: list[_Said], absent: UUID) -> dict[str, tuple[Any, UUID]]:
    columns: dict[str, tuple[Any, UUID]] = {}
    for said in sorted(statements, key=lambda s: (s.version, s.row_number)):
        if said.version >= absent:
            columns |= {c: (v, said.version) for c, v in said.values.items()}
    return columns


def stored() -> dict[str, Expected]:
    """Give what the tables hold, in the form of `expected`."""
    return {
        "lap": state.lap_columns(),
        "entrant": state.record_columns("Entrant"),
        "pit_stop": state.record_columns("PitStop"),
    }
