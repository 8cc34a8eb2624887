"""Analyses that others wrote anew: many races in one file, names in other spellings.

Who puts a season together adds columns of season, event and session, which then are the
keys; and JSON is often written with `lap_number` or `lapNumber` for LAP_NUMBER. Comes
in: a layout of the columns as Al Kamel calls them. Goes out: the same layout of columns
in another spelling. Never takes a column for another than the one it spells.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean, said
from imports.layouts.layout import CanonicalTable, Layout

#: What a column may be called, in lower case and without `_`.
SEASON = ("season", "year")
EVENT = ("event", "eventname")
SESSION = ("session", "sessionname")
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def called(columns: Collection[str], names: tuple[str, ...]) -> str:
    """Give the column that has one of these names; empty where there is none."""
    by_name = {c.lower().replace("_", ""): c for c in sorted(columns)}
    return next((by_name[name] for name in names if name in by_name), "")


def keys(columns: Collection[str]) -> tuple[Cell, ...]:
    """Give the keys of meeting and race: `2025 Imola`, `Race`; or what is said."""
    session = called(columns, SESSION)
    race = cells.key("race_key", session) if session else said("race_key", "race")
    event, season = called(columns, EVENT), called(columns, SEASON)
    if not event:
        return (said("meeting_key", "meeting"), race)
    meeting = cells.key("meeting_key", event)
    if not season:
        return (meeting, race)
    year = cells.key("season_key", season)
    both = pl.concat_str(year.value, meeting.value, separator=" ")
    return (year, meeting.with_value(cells.storable(both, max_chars=200)), race)


def columns_say(columns: frozenset[str]) -> frozenset[str]:
    """Give which of meeting and race the columns say."""
    told = {"meeting": EVENT, "race": SESSION}
    return frozenset(what for what, names in told.items() if called(columns, names))


def race_columns(rows: pl.LazyFrame) -> tuple[str, ...]:
    """Give the cleaned columns that tell the races of a file apart."""
    mark = clean("")
    held = [n.removeprefix(mark) for n in rows.collect_schema() if n.startswith(mark)]
    named = (called(held, names) for names in (SEASON, EVENT, SESSION))
    return tuple(clean(name) for name in named if name)


def upper(column: str) -> str:
    """Give Al Kamel's name of a column: `carNumber` is NUMBER, `s1Large` S1_LARGE."""
    name = WORD.sub("_", column).upper()
    return "NUMBER" if name == "CAR_NUMBER" else name


def lower_case(column: str) -> str:
    """Write LAP_NUMBER as `lap_number`."""
    return column.lower()


def camel_case(column: str) -> str:
    """Write LAP_NUMBER as `lapNumber`, and NUMBER as `carNumber`."""
    first, *others = ("CAR_NUMBER" if column == "NUMBER" else column).split("_")
    return first.lower() + "".join(map(str.capitalize, others))


def spelled(layout: Layout, spell: Callable[[str], str], *, name: str) -> Layout:
    """Give the same layout of columns that are spelled so."""

    def tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        held = {upper(column): column for column in sorted(columns)}
        return tuple(
            replace(
                table,
                keys=tuple(_read_from(cell, held) for cell in table.keys),
                values=tuple(_read_from(cell, held) for cell in table.values),
            )
            for table in layout.tables(frozenset(held))
        )

    def prepare(rows: pl.LazyFrame) -> pl.LazyFrame:
        mark = clean("")
        held = [n for n in rows.collect_schema().names() if n.startswith(mark)]
        names = {clean(upper(n.removeprefix(mark))): n for n in sorted(held)}
        named = rows.with_columns(pl.col(n).alias(own) for own, n in names.items())
        return layout.prepare(named) if layout.prepare else named

    return replace(
        layout,
        name=name,
        required=frozenset(map(spell, layout.required)),
        whole=frozenset(map(spell, layout.whole)),
        tables=tables,
        prepare=prepare,
    )


def _read_from(cell: Cell, held: dict[str, str]) -> Cell:
    return replace(cell, source=held.get(cell.source, cell.source))
