"""Results of races, sprints and qualifyings of the Ergast-style API -> entrants.

The place is that of who is classified; the order of the list is an attribute. A grid of 0
is a start from the pit lane. A gap in laps stands in the status alone.
"""

from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.attributes import attributes, held, measures
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.ergast.tables import DRIVE, STATUS_BY_LETTER
from imports.layouts.jolpica.api_rounds import (
    MEETING,
    RACES,
    ROUND,
    SEASON,
    constructors,
    drivers,
)
from imports.layouts.layout import CanonicalTable, Layout

QUALIFYING = f"{RACES}.QualifyingResults"
PLUS_LAPS = r"^\+[0-9]+ Laps?$"


def result_layout(array: str, *, race: str) -> Layout:
    path = f"{RACES}.{array}"

    def tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        keys = (*MEETING, constant("race_key", race), _drive(path))
        values = _result_values(columns, path)
        entrants = CanonicalTable(kind="entrant", keys=keys, values=values)
        return (entrants, *_people(columns, path))

    def number_drives(rows: pl.LazyFrame) -> pl.LazyFrame:
        # Until 1964 drivers shared cars: a driver's second result in a race is
        # another entrant.
        driver = pl.col(clean(f"{path}.Driver.driverId"))
        order = pl.col(clean(f"{path}.position")).cast(pl.Int64, strict=False)
        result = order.rank("ordinal")
        drive = result.over(pl.col(clean(SEASON)), pl.col(clean(ROUND)), driver)
        return rows.with_columns(drive.alias(DRIVE))

    return Layout(
        name=f"jolpica.api_{'sprint_results' if race == 'sprint' else 'results'}",
        required=frozenset(
            {SEASON, ROUND, f"{path}.Driver.driverId", f"{path}.position"}
        ),
        tables=tables,
        prepare=number_drives,
        array=path,
        about=f"Results of a {race}, of the API.",
    )


def _drive(path: str) -> Cell:
    """Give the driverId, with `/2` for a driver's second car in the race."""
    cell = cells.key("key", f"{path}.Driver.driverId")
    drive = pl.col(DRIVE)
    suffix = pl.when(drive > 1).then(pl.lit("/") + drive.cast(pl.String))
    key = cell.value + suffix.fill_null("")
    return cell.with_value(cells.storable(key, max_chars=200))


def _people(columns: frozenset[str], path: str) -> tuple[CanonicalTable, ...]:
    return (
        *drivers(columns, f"{path}.Driver"),
        *constructors(columns, f"{path}.Constructor"),
    )


def _entrant(columns: frozenset[str], path: str) -> tuple[Cell, ...]:
    return (
        text("competitor", f"{path}.Driver.driverId", max_chars=200),
        *held(
            columns,
            text("number", f"{path}.number", max_chars=20),
            text("team", f"{path}.Constructor.constructorId", max_chars=200),
        ),
    )


def _result_values(columns: frozenset[str], path: str) -> tuple[Cell, ...]:
    fastest = f"{path}.FastestLap"
    return (
        *_entrant(columns, path),
        *_place(columns, path),
        *held(
            columns,
            cells.small("grid", f"{path}.grid"),
            cells.decimal("points", f"{path}.points"),
            cells.whole("laps_completed", f"{path}.laps"),
            cells.whole("total_time_ms", f"{path}.Time.millis"),
            cells.clock_text("attributes.time_text", f"{path}.Time.time"),
            cells.duration_ms("fastest_lap_ms", f"{fastest}.Time.time"),
        ),
        _gap(columns, path),
        *attributes(
            columns,
            status_text=f"{path}.status",
            position_text=f"{path}.positionText",
            fastest_lap_speed_units=f"{fastest}.AverageSpeed.units",
        ),
        *measures(
            columns,
            fastest_lap_number=f"{fastest}.lap",
            fastest_lap_rank=f"{fastest}.rank",
            fastest_lap_speed=f"{fastest}.AverageSpeed.speed",
        ),
    )


def _place(columns: frozenset[str], path: str) -> tuple[Cell, ...]:
    """Give place and status: `positionText` is a number for who is classified."""
    order = cells.small("attributes.position_order", f"{path}.position", lowest=1)
    said = f"{path}.positionText"
    if said not in columns:
        return (replace(order, name="position"),)
    raw = pl.col(clean(said))
    is_place = raw.str.contains(r"^[0-9]+$")
    letters = raw.replace(STATUS_BY_LETTER)
    status = pl.when(is_place).then(pl.lit("classified")).otherwise(letters)
    return (
        order,
        constant("position", None).with_value(pl.when(is_place).then(order.value)),
        text("status", said, max_chars=50).with_value(
            cells.storable(status, max_chars=50)
        ),
    )


def _gap(columns: frozenset[str], path: str) -> Cell:
    """Give the gap to the winner: a time with a plus, or the laps of the status."""
    time, status = f"{path}.Time.time", f"{path}.status"
    gap = pl.lit(None, pl.String)
    if status in columns:
        words = pl.col(clean(status))
        gap = pl.when(words.str.contains(PLUS_LAPS)).then(words)
    if time in columns:
        behind = cells.clock_text("gap", time).value
        gap = pl.when(behind.str.starts_with("+")).then(behind).otherwise(gap)
    return constant("gap", None).with_value(gap)


def qualifying_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    path = QUALIFYING
    parts = [
        cells.duration_ms(f"attributes.q{n}_ms", f"{path}.Q{n}")
        for n in (1, 2, 3)
        if f"{path}.Q{n}" in columns
    ]
    best = (
        [
            constant("fastest_lap_ms", None).with_value(
                pl.min_horizontal(part.value for part in parts)
            )
        ]
        if parts
        else []
    )
    entrants = CanonicalTable(
        kind="entrant",
        keys=(
            *MEETING,
            constant("race_key", "qualifying"),
            cells.key("key", f"{path}.Driver.driverId"),
        ),
        values=(
            *_entrant(columns, path),
            cells.small("position", f"{path}.position"),
            *best,
            *parts,
        ),
    )
    return (entrants, *_people(columns, path))
