"""The tables that are exported: where each of their columns is stored.

What the columns are is said by `imports.layouts.exported`, which reads them back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Expression, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast

from imports.layouts import exported
from imports.layouts.exported import Column, Form
from imports.readers.formula_guard import GUARD, TRIGGERS
from races.models import (
    Competitor,
    Entrant,
    Lap,
    Meeting,
    PitStop,
    Race,
    Team,
    Venue,
)

#: Where the columns are that are not called as their field.
OF_SHARED = {"source": "source"}
OF_MEETING = {"source": "source", "meeting": "key", "venue": "venue__key"}
OF_RACE = {"source": "meeting__source", "meeting": "meeting__key", "race": "key"}
OF_ENTRANT = {
    "source": "race__meeting__source",
    "meeting": "race__meeting__key",
    "race": "race__key",
    "entrant": "key",
    "competitor": "competitor__key",
    "team": "team__key",
}
BELOW_ENTRANT = {
    "source": "entrant__race__meeting__source",
    "meeting": "entrant__race__meeting__key",
    "race": "entrant__race__key",
    "entrant": "entrant__key",
}


class Moment(Func):
    """A moment in UTC, with as much of its second as it has."""

    template = (
        "replace(to_char(%(expressions)s AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"
    )
    output_field = TextField()


class Guarded(Func):
    """Text behind an apostrophe where a spreadsheet would run it: `formula_guard`."""

    template = (
        f"CASE WHEN ascii(ltrim(%(expressions)s, '{GUARD * 2}')) IN "
        f"({', '.join(str(ord(each)) for each in TRIGGERS)}) "
        f"THEN '{GUARD * 2}' || %(expressions)s ELSE %(expressions)s END"
    )
    output_field = TextField()


@dataclass(frozen=True)
class ExportedTable:
    """A table, its model, and where its columns are stored."""

    table: exported.Table
    model: Any
    places: dict[str, str]

    @property
    def name(self) -> str:
        """What a file of it is called."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the file."""
        return self.table.columns

    def rows(self) -> QuerySet[Any]:
        """Give all rows in the order of their primary key, the same every time."""
        found: QuerySet[Any] = self.model.objects.order_by("pk")
        return found

    def as_text(self, *, guarded: bool) -> list[Any]:
        """Give the columns as a text file holds them."""
        return [
            _as_text(column, place, guarded=guarded) for column, place in self._placed()
        ]

    def as_json(self) -> list[Any]:
        """Give the columns as JSON holds them: numbers and truth values are such."""
        return [_as_json(column, place) for column, place in self._placed()]

    def _placed(self) -> Iterator[tuple[Column, str]]:
        for column in self.columns:
            yield column, self.places.get(column.name, column.name)


def _as_json(column: Column, place: str) -> Expression | F:
    if column.form is Form.MOMENT:
        return Moment(place)
    if column.form is Form.DECIMAL:
        return Func(place, function="trim_scale", output_field=TextField())
    if column.form is Form.OBJECT:
        text = Cast(place, TextField())
        return Func(text, Value("{}"), function="NULLIF", output_field=TextField())
    return F(place)


def _as_text(column: Column, place: str, *, guarded: bool) -> Expression | F:
    if column.form is Form.TEXT and guarded:
        return Guarded(place)
    if column.form is Form.TRUTH:
        return Cast(place, TextField())
    return _as_json(column, place)


MODELS: dict[str, tuple[Any, dict[str, str]]] = {
    "venue": (Venue, OF_SHARED | {"venue": "key"}),
    "team": (Team, OF_SHARED | {"team": "key"}),
    "competitor": (Competitor, OF_SHARED | {"competitor": "key"}),
    "meeting": (Meeting, OF_MEETING),
    "race": (Race, OF_RACE),
    "entrant": (Entrant, OF_ENTRANT),
    "lap": (Lap, BELOW_ENTRANT | {"lap": "number"}),
    "pit_stop": (PitStop, BELOW_ENTRANT | {"stop": "number"}),
}
#: In the order in which they refer to each other.
TABLES = {
    table.name: ExportedTable(table, *MODELS[table.kind]) for table in exported.TABLES
}
