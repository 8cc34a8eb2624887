"""What we export, and how it comes back: every value as it is stored, in no other form.

A file holds one kind of row. Its first column names the source that the rows are of;
keys are keys within one source only, so rows of a second one are refused. Where the
file belongs, its uploader says, as of any file: it may be another source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean
from imports.layouts.layout import CanonicalTable, Layout

INT64_MAX = 9_223_372_036_854_775_807


class Form(Enum):
    """What the values of a column are; each format writes them in its own way."""

    TEXT = auto()
    NUMBER = auto()
    MILLISECONDS = auto()
    DECIMAL = auto()
    TRUTH = auto()
    DATE = auto()
    MOMENT = auto()
    CLOCK = auto()
    #: A JSON object, as text.
    OBJECT = auto()


@dataclass(frozen=True)
class Column:
    """A column of an export: what it is called, what it holds, how it is read back."""

    name: str
    form: Form
    make: Callable[[str, str], Cell]
    #: The column of the canonical row; empty: as this one.
    states: str = ""

    @property
    def cell(self) -> Cell:
        """What reads the column."""
        return self.make(self.states or self.name, self.name)


def _text(name: str, *, max_chars: int = 300) -> Column:
    return Column(name, Form.TEXT, partial(cells.text, max_chars=max_chars))


def _number(name: str, *, lowest: int = 0, highest: int = cells.INT32_MAX) -> Column:
    make = partial(cells.whole, lowest=lowest, highest=highest)
    return Column(name, Form.NUMBER, make)


def _small(name: str, *, lowest: int = 0) -> Column:
    return _number(name, lowest=lowest, highest=cells.INT16_MAX)


def _milliseconds(name: str, *, highest: int = cells.INT32_MAX) -> Column:
    make = partial(cells.milliseconds, highest=highest)
    return Column(name, Form.MILLISECONDS, make)


def _truth(name: str) -> Column:
    return Column(name, Form.TRUTH, cells.switch)


def _key(name: str, states: str) -> Column:
    return Column(name, Form.TEXT, cells.key, states)


def _counted(name: str, *, lowest: int, highest: int) -> Column:
    """Give the number that is the key of a lap or a stop."""

    def make(states: str, source: str) -> Cell:
        return cells.whole(states, source, lowest=lowest, highest=highest).required()

    return Column(name, Form.NUMBER, make, "number")


def _one_source(name: str, source: str) -> Cell:
    text = pl.col(clean(source))
    is_first = text == text.drop_nulls().first()
    return Cell(
        name=name,
        source=source,
        value=pl.when(is_first).then(text),
        code="other_source",
        expected="the source of the rows before it: export one source a file",
    )


SOURCE = Column("source", Form.TEXT, _one_source)
MEETING = _key("meeting", "meeting_key")
RACE = _key("race", "race_key")
ENTRANT = _key("entrant", "key")
ATTRIBUTES = Column("attributes", Form.OBJECT, cells.attributes)
PLACE = (
    _text("country", max_chars=100),
    _text("timezone", max_chars=64),
)


@dataclass(frozen=True)
class Table:
    """A table that is exported: its rows' kind, what names them, what they hold."""

    kind: str
    keys: tuple[Column, ...]
    values: tuple[Column, ...]
    #: Columns that tell a table of rows below these.
    excluded: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What a file of it is called."""
        return f"{self.kind}s"

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, in the order of the file."""
        return (SOURCE, *self.keys, *self.values)

    @property
    def layout(self) -> Layout:
        """The layout that reads it."""
        return Layout(
            name=f"exported.{self.name}",
            required=frozenset(column.name for column in (SOURCE, *self.keys)),
            optional=frozenset(column.name for column in self.values),
            excluded=self.excluded,
            tables=self._tables,
            is_strict=True,
            about=f"What we export, a line a {self.kind.replace('_', ' ')}.",
        )

    def _tables(self, columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        held = (column.cell for column in self.values if column.name in columns)
        keys = tuple(column.cell for column in (SOURCE, *self.keys))
        return (CanonicalTable(kind=self.kind, keys=keys, values=tuple(held)),)


BELOW = frozenset({"meeting", "race", "entrant"})
TABLES: tuple[Table, ...] = (
    Table(
        "venue",
        keys=(_key("venue", "key"),),
        values=(
            _text("name"),
            _text("locality", max_chars=200),
            *PLACE,
            ATTRIBUTES,
        ),
        excluded=BELOW,
    ),
    Table(
        "team",
        keys=(_key("team", "key"),),
        values=(_text("name"), ATTRIBUTES),
        excluded=BELOW,
    ),
    Table(
        "competitor",
        keys=(_key("competitor", "key"),),
        values=(_text("name"), ATTRIBUTES),
        excluded=BELOW,
    ),
    Table(
        "meeting",
        keys=(MEETING,),
        values=(
            _text("name"),
            _text("discipline", max_chars=50),
            _text("venue", max_chars=200),
            *PLACE,
            Column("start_date", Form.DATE, cells.date),
            _small("season"),
            _small("round"),
            _text("status", max_chars=50),
            ATTRIBUTES,
        ),
        excluded=BELOW - {"meeting"},
    ),
    Table(
        "race",
        keys=(MEETING, RACE),
        values=(
            _text("name"),
            _number("number", lowest=-cells.INT32_MAX - 1),
            _text("kind", max_chars=50),
            _text("status", max_chars=50),
            Column("scheduled_start", Form.MOMENT, cells.moment),
            _number("distance_m"),
            _number("scheduled_laps"),
            ATTRIBUTES,
        ),
        excluded=frozenset({"entrant"}),
    ),
    Table(
        "entrant",
        keys=(MEETING, RACE, ENTRANT),
        values=(
            _text("name"),
            _text("number", max_chars=20),
            _text("competitor", max_chars=200),
            _text("team", max_chars=200),
            _text("status", max_chars=50),
            _truth("is_withdrawn"),
            _small("grid"),
            _small("position"),
            _number("laps_completed"),
            _milliseconds("total_time_ms", highest=INT64_MAX),
            _text("gap", max_chars=50),
            Column("points", Form.DECIMAL, cells.decimal),
            _milliseconds("fastest_lap_ms"),
            ATTRIBUTES,
        ),
        excluded=frozenset({"lap", "stop"}),
    ),
    Table(
        "lap",
        keys=(
            MEETING,
            RACE,
            ENTRANT,
            _counted("lap", lowest=0, highest=cells.INT32_MAX),
        ),
        values=(
            _milliseconds("time_ms"),
            _milliseconds("elapsed_ms"),
            _milliseconds("sector1_ms"),
            _milliseconds("sector2_ms"),
            _milliseconds("sector3_ms"),
            _small("position", lowest=1),
            _truth("in_pit"),
            _truth("is_deleted"),
        ),
        excluded=frozenset({"stop"}),
    ),
    Table(
        "pit_stop",
        keys=(
            MEETING,
            RACE,
            ENTRANT,
            _counted("stop", lowest=1, highest=cells.INT16_MAX),
        ),
        values=(
            _number("lap"),
            _milliseconds("duration_ms"),
            Column("time_of_day", Form.CLOCK, cells.time_of_day),
        ),
    ),
)
LAYOUTS: tuple[Layout, ...] = tuple(table.layout for table in TABLES)
