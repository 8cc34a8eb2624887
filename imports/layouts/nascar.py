"""NASCAR tables: laps as a matrix of drivers and laps, pit stops one a line.

A race is known by its name, which both files have (race_id is in that of laps alone,
and is an attribute of the race). Names come back every year and no file says the year:
the uploader says the meeting, such as the season, for both files alike. An entrant is
a driver by name; so is the competitor.

In a matrix each column that is called by a whole number is a lap, `NA` is none, and a
column without a name is the number of the row. Stops are numbered driver by driver in
order of pit_in_elapsed_time; all types are kept, OTHER too. Their time is that of the
stop (pit_stop_duration), not of the way through the pit lane. Not kept of a stop: its
pit_stop_type, pit_in_elapsed_time, pit_out_elapsed_time, pit_in_leader_lap and
laps_remaining (stops have no attributes).
"""

import re
from collections.abc import Iterable

import polars as pl

from imports.errors import UnknownLayout
from imports.layouts import attributes, cells
from imports.layouts.cells import OURS, Cell, clean, forms
from imports.layouts.layout import CanonicalTable, Layout

NULLS = ("", "NA")
LAP_COLUMN = re.compile(r"[0-9]{1,5}")
#: The first column has no name and numbers the rows; a reader names it by its place.
ROW_INDEX = ("", "column 1", "Unnamed: 0")

MEETING = cells.said("meeting_key", "meeting")
RACE = cells.key("race_key", "race")
DRIVER = cells.key("key", "driver")
STOP = f"{OURS}stop"
#: The times of all laps of a line, in the order of laps.
TIMES = f"{OURS}times"


def _lap_columns(columns: Iterable[str]) -> list[str]:
    return sorted(filter(LAP_COLUMN.fullmatch, columns), key=int)


def _read_times(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Read all times of a line as one list: hundreds of columns take long to plan."""
    laps = _lap_columns(rows.collect_schema().names())
    times = pl.concat_list(clean(lap) for lap in laps)
    return rows.with_columns(
        times.list.eval(forms.milliseconds(pl.element())).alias(TIMES)
    )


def _matrix_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    lap_columns = _lap_columns(columns)
    if not lap_columns:
        raise UnknownLayout(
            "The file looks like nascar.laps, and no column is called by the number of "
            "a lap. docs/layouts.md lists the columns."
        )
    known = {"driver", "race", "race_id", *lap_columns, *ROW_INDEX}
    race = CanonicalTable(
        kind="race",
        keys=(MEETING, RACE),
        values=(
            cells.text("name", "race"),
            *attributes.named(columns, {"race_id": "race_id"}),
        ),
        is_distinct=True,
    )
    driver = _driver(attributes.others(columns, known=known))
    laps = (_lap(column, place=place) for place, column in enumerate(lap_columns))
    return (*laps, race, driver)


def _lap(column: str, *, place: int) -> CanonicalTable:
    ms = pl.col(TIMES).list.get(place)
    time = cells.duration_ms("time_ms", column)
    return CanonicalTable(
        kind="lap",
        keys=(MEETING, RACE, DRIVER, cells.constant("number", int(column))),
        values=(time.with_value(pl.when(ms <= cells.DAY_MS).then(ms)),),
        where=pl.col(clean(column)).is_not_null(),
    )


def _driver(more: tuple[Cell, ...] = ()) -> CanonicalTable:
    return CanonicalTable(
        kind="entrant",
        keys=(MEETING, RACE, DRIVER),
        values=(
            cells.text("name", "driver"),
            cells.text("competitor", "driver", max_chars=200),
            *more,
        ),
        is_distinct=True,
    )


def _number_stops(rows: pl.LazyFrame) -> pl.LazyFrame:
    time = pl.col(clean("pit_in_elapsed_time")).cast(pl.Float64, strict=False)
    stop = time.rank("dense").over(clean("race"), clean("driver"))
    return rows.with_columns(stop.cast(pl.Int64).alias(STOP))


def _stop_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    stop = cells.duration_ms("number", "pit_in_elapsed_time").required()
    pit_stop = CanonicalTable(
        kind="pit_stop",
        keys=(MEETING, RACE, DRIVER, stop.with_value(pl.col(STOP))),
        values=(
            cells.whole("lap", "pit_in_lap_count"),
            cells.duration_ms("duration_ms", "pit_stop_duration"),
        ),
    )
    return (pit_stop, _driver())


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="nascar.laps",
        required=frozenset({"driver", "race", "race_id"}),
        optional=frozenset({"1", "2"}),
        excluded=frozenset({"pit_in_elapsed_time"}),
        tables=_matrix_tables,
        null_markers=NULLS,
        prepare=_read_times,
        says=frozenset({"meeting"}),
        about="Laps of a race as a matrix: a line is a driver, a column a lap.",
    ),
    Layout(
        name="nascar.pit_stops",
        required=frozenset(
            {"driver", "race", "pit_in_elapsed_time", "pit_in_lap_count"}
            | {"pit_stop_duration"}
        ),
        tables=_stop_tables,
        null_markers=NULLS,
        prepare=_number_stops,
        says=frozenset({"meeting"}),
        about="Pit stops, of one race or of many.",
    ),
)
