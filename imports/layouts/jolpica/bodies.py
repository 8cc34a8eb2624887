"""Bodies of jolpica's data import -> laps, pit stops, entrants and what they belong to.

A document is an array of `{object_type, foreign_keys, objects}`, alone or as `data` in
an envelope; a row is one of the objects, of any type: each type states rows of its own,
and a row of a type that jolpica does not have is refused. The meeting is `2023-18` (year
and round), an entrant has the key of its car number.

Not kept: a lap's `average_speed` and `is_entry_fastest_lap` (laps have no attributes,
and the fastest follows from their times), the `role` of a `TeamDriver`, the envelope's
`dry_run`, `legacy_import` and `description`.
"""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from imports.layouts import cells, f1_sessions
from imports.layouts.attributes import attributes, measures
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.cells.timedeltas import timedelta
from imports.layouts.jolpica import reference
from imports.layouts.jolpica.objects import Objects
from imports.layouts.layout import CanonicalTable, Layout

#: What is timed, and what else there is; without `_` and in lower case.
OF_SESSIONS = ("lap", "pitstop", "sessionentry")
OTHERS = ("roundentry", "round", "session", "driver", "team", "circuit", "teamdriver")
#: `status` of a session entry -> ours.
STATUS_BY_NUMBER = {
    "0": "classified",
    "1": "classified",
    "10": "retired",
    "11": "retired",
    "20": "disqualified",
    "30": "did not start",
    "40": "did not qualify",
    "41": "did not qualify",
}


def entry_values(columns: frozenset[str], *, prefix: str = "") -> tuple[Cell, ...]:
    """Give the values of a session entry, but for its time."""
    points = cells.decimal("points", f"{prefix}points")
    laps = cells.whole("laps_completed", f"{prefix}laps_completed")
    grid = cells.small("grid", f"{prefix}grid")
    return (
        *_place_and_status(columns, prefix=prefix),
        *(cell for cell in (points, laps, grid) if cell.source in columns),
        *attributes(
            columns,
            status_text=f"{prefix}detail",
            is_eligible_for_points=f"{prefix}is_eligible_for_points",
        ),
        *measures(columns, fastest_lap_rank=f"{prefix}fastest_lap_rank"),
    )


def _place_and_status(columns: frozenset[str], *, prefix: str) -> tuple[Cell, ...]:
    """Give the place of who is classified, and the status: `classified` also if retired.

    Who is not classified has a place in the order of the list alone.
    """
    place, classified, number = (
        f"{prefix}{name}" for name in ("position", "is_classified", "status")
    )
    is_classified = pl.lit(value=True)
    status = pl.lit(None, pl.String)
    values: list[Cell] = []
    if number in columns:
        raw = pl.col(clean(number))
        status = raw.replace(STATUS_BY_NUMBER)
        values.append(text("attributes.status_number", number, max_chars=20))
    if classified in columns:
        said = cells.switch("attributes.is_classified", classified)
        values.append(said)
        is_classified = said.value.fill_null(value=True)
        status = pl.when(said.value).then(pl.lit("classified")).otherwise(status)
    if number in columns or classified in columns:
        values.append(constant("status", None).with_value(status))
    if place in columns:
        order = cells.small("attributes.position_order", place, lowest=1)
        position = constant("position", None)
        values += [
            order,
            position.with_value(pl.when(is_classified).then(order.value)),
        ]
    return tuple(values)


def _tables(objects: Objects) -> tuple[CanonicalTable, ...]:
    return (
        _unknown(objects),
        *_around(objects),
        *_of_sessions(objects),
        *reference.tables(objects),
    )


def _unknown(objects: Objects) -> CanonicalTable:
    """Refuse rows of types that are none of jolpica's: nothing of them can be stored."""
    kind = cells.key("key", f"{objects.prefix}object_type")
    refused = replace(
        kind.with_value(pl.lit(None, pl.String)),
        code="unknown_object_type",
        expected="a type of jolpica's such as Lap, PitStop or SessionEntry",
    )
    is_known = objects.is_of(*OF_SESSIONS, *OTHERS)
    return CanonicalTable(kind="team", keys=(refused,), where=~is_known)


def _around(objects: Objects) -> tuple[CanonicalTable, ...]:
    """Give the meeting and the race that objects belong to, once each."""
    year, number = objects.foreign("year"), objects.foreign("round")
    if not objects.has(year, number):
        return ()
    meeting = CanonicalTable(
        kind="meeting",
        keys=objects.meeting,
        values=(
            constant("discipline", "f1"),
            cells.small("season", year),
            cells.small("round", number),
        ),
        where=objects.is_of(*OF_SESSIONS, "roundentry", "session"),
        is_distinct=True,
    )
    session = objects.foreign("session")
    if not objects.has(session):
        return (meeting,)
    race = CanonicalTable(
        kind="race",
        keys=objects.race,
        values=f1_sessions.race_values(session),
        where=objects.is_of(*OF_SESSIONS),
        is_distinct=True,
    )
    return (meeting, race)


def _of_sessions(objects: Objects) -> tuple[CanonicalTable, ...]:
    car, round_ = objects.foreign("car_number"), objects.foreign("round")
    if not objects.has(round_, objects.foreign("session"), car):
        return ()
    entrant = (*objects.race, cells.key("key", car))
    # Who has laps or stops has a number, known from no list of entries.
    numbered = CanonicalTable(
        kind="entrant",
        keys=entrant,
        values=(text("number", car, max_chars=20),),
        where=objects.is_of("lap", "pitstop"),
        is_distinct=True,
    )
    return (
        numbered,
        *_laps(objects, entrant=entrant),
        *_pit_stops(objects, entrant=entrant),
        _session_entries(objects, entrant=entrant),
    )


def _laps(objects: Objects, *, entrant: tuple[Cell, ...]) -> tuple[CanonicalTable, ...]:
    time, checks = timedelta("time_ms", objects.own("time"), columns=objects.columns)
    values = (
        *time,
        *objects.held(
            cells.small("position", objects.own("position"), lowest=1),
            cells.switch("is_deleted", objects.own("is_deleted")),
        ),
    )
    number = cells.whole("number", objects.own("number")).required()
    if not (objects.has(number.source) and values):
        return ()
    keys = (*entrant, number, *checks)
    where = objects.is_of("lap")
    return (CanonicalTable(kind="lap", keys=keys, values=values, where=where),)


def _pit_stops(
    objects: Objects, *, entrant: tuple[Cell, ...]
) -> tuple[CanonicalTable, ...]:
    number = cells.small("number", objects.own("number"), lowest=1).required()
    if not objects.has(number.source):
        return ()
    time, checks = timedelta(
        "duration_ms", objects.own("duration"), columns=objects.columns
    )
    values = (
        *time,
        *objects.held(
            cells.whole("lap", objects.foreign("lap")),
            cells.time_of_day("time_of_day", objects.own("local_timestamp")),
        ),
    )
    keys = (*entrant, number, *checks)
    where = objects.is_of("pitstop")
    return (CanonicalTable(kind="pit_stop", keys=keys, values=values, where=where),)


def _session_entries(objects: Objects, *, entrant: tuple[Cell, ...]) -> CanonicalTable:
    total, checks = timedelta(
        "total_time_ms",
        objects.own("time"),
        columns=objects.columns,
        highest=cells.INT32_MAX,
    )
    return CanonicalTable(
        kind="entrant",
        keys=(*entrant, *checks),
        values=(
            text("number", objects.foreign("car_number"), max_chars=20),
            *entry_values(objects.columns, prefix=objects.own("")),
            *total,
        ),
        where=objects.is_of("sessionentry"),
    )


def _tables_in(prefix: str) -> Callable[[frozenset[str]], tuple[CanonicalTable, ...]]:
    return lambda columns: _tables(Objects(prefix=prefix, columns=columns))


#: A column that objects of a body have -> what such a body is called, and what it is.
MARKS = {
    "number": ("laps", "Laps, pit stops, rounds or sessions of a data import."),
    "position": ("session_entries", "Classifications of a data import."),
    "laps_completed": ("classifications", "Classifications without places."),
    "car_number": ("round_entries", "The entry list of a round, of a data import."),
    "role": ("team_drivers", "Who drives for whom, of a data import."),
}


def _layouts(prefix: str, *, suffix: str) -> tuple[Layout, ...]:
    """Give the layouts of bodies at one place: one a column that tells objects."""
    kind, year = f"{prefix}object_type", f"{prefix}foreign_keys.year"
    array = f"{prefix}objects"
    tables = _tables_in(prefix)
    marked = tuple(
        Layout(
            name=f"jolpica.{name}{suffix}",
            required=frozenset({kind, year, f"{array}.{mark}"}),
            tables=tables,
            array=array,
            about=about,
        )
        for mark, (name, about) in MARKS.items()
    )
    references = Layout(
        name=f"jolpica.references{suffix}",
        required=frozenset({kind, f"{array}.reference"}),
        tables=tables,
        array=array,
        about="Drivers, teams or circuits of a data import.",
    )
    envelope = Layout(
        name=f"jolpica.bodies{suffix}",
        required=frozenset({kind}),
        excluded=frozenset({f"{array}.{mark}" for mark in [*MARKS, "reference"]}),
        tables=lambda columns: (),
        array=prefix.rstrip("."),
        is_envelope=True,
        about="What stands around the objects of a data import.",
    )
    return (*marked, references, envelope)


LAYOUTS: tuple[Layout, ...] = (
    *_layouts("", suffix=""),
    *_layouts("data.", suffix="_in_envelope"),
)
