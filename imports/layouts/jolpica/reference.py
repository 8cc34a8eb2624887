"""Objects of jolpica's data import that say what races belong to -> our records.

Rounds are meetings, sessions races, circuits venues; an entry of a round names no
session, so it is an entrant of a race of its own: who is entered need not have driven.
"""

import polars as pl

from imports.layouts import cells, f1_sessions
from imports.layouts.attributes import attributes, measures
from imports.layouts.cells import Cell, constant, text
from imports.layouts.jolpica.objects import Objects
from imports.layouts.layout import CanonicalTable
from imports.layouts.names import full_name

#: The race that a round's entries are entrants of.
ENTRIES = constant("race_key", "entries")


def tables(objects: Objects) -> tuple[CanonicalTable, ...]:
    """Give what rounds, sessions, entries of rounds, drivers, teams and circuits state."""
    return (
        *_rounds(objects),
        *_sessions(objects),
        *_round_entries(objects),
        *_drivers_teams_circuits(objects),
        *_pairs(objects),
    )


def entry_list_values() -> tuple[Cell, Cell]:
    """Give the values of the race that a round's entries are entrants of."""
    return constant("name", "Entry list"), constant("kind", "entries")


def _rounds(objects: Objects) -> tuple[CanonicalTable, ...]:
    year, number = objects.foreign("year"), objects.own("number")
    if not objects.has(year, number):
        return ()
    named = objects.held(
        text("name", objects.own("name")), cells.date("start_date", objects.own("date"))
    )
    values = (
        constant("discipline", "f1"),
        cells.small("season", year),
        cells.small("round", number),
        *named,
        *attributes(
            objects.columns,
            circuit_id=objects.foreign("circuit_id"),
            race_number=objects.own("race_number"),
            wikipedia=objects.own("wikipedia"),
            is_cancelled=objects.own("is_cancelled"),
        ),
    )
    keys = f1_sessions.season_round(year, number)
    where = objects.is_of("round")
    return (CanonicalTable(kind="meeting", keys=keys, values=values, where=where),)


def _sessions(objects: Objects) -> tuple[CanonicalTable, ...]:
    kind = objects.own("type")
    if not objects.has(kind, objects.foreign("year"), objects.foreign("round")):
        return ()
    values = (
        *f1_sessions.race_values(kind),
        *objects.held(
            cells.whole("number", objects.own("number")),
            cells.whole("scheduled_laps", objects.own("scheduled_laps")),
        ),
        *_start(objects),
        *attributes(
            objects.columns,
            has_time_data=objects.own("has_time_data"),
            timezone=objects.own("timezone"),
            is_cancelled=objects.own("is_cancelled"),
        ),
    )
    keys = (*objects.meeting, f1_sessions.race_key(kind))
    where = objects.is_of("session")
    return (CanonicalTable(kind="race", keys=keys, values=values, where=where),)


def _start(objects: Objects) -> tuple[Cell, ...]:
    """Give the start: where `has_time_data` is false, its clock says nothing."""
    timestamp, has_time = objects.own("timestamp"), objects.own("has_time_data")
    if not objects.has(timestamp):
        return ()
    raw = text("attributes.timestamp", timestamp)
    start = cells.moment("scheduled_start", timestamp).value
    if objects.has(has_time):
        is_timed = cells.switch("", has_time).value.fill_null(value=True)
        start = pl.when(is_timed).then(start)
    return raw, constant("scheduled_start", None).with_value(start)


def _round_entries(objects: Objects) -> tuple[CanonicalTable, ...]:
    car, driver = objects.own("car_number"), objects.foreign("driver_reference")
    if not objects.has(car, driver, objects.foreign("round")):
        return ()
    race = (*objects.meeting, ENTRIES)
    where = objects.is_of("roundentry")
    entrant = (
        text("number", car, max_chars=20),
        text("competitor", driver, max_chars=200),
        *objects.held(
            text("team", objects.foreign("team_reference"), max_chars=200),
        ),
    )
    return (
        CanonicalTable(
            kind="race",
            keys=race,
            values=entry_list_values(),
            where=where,
            is_distinct=True,
        ),
        CanonicalTable(
            kind="entrant",
            keys=(*race, cells.key("key", car)),
            values=entrant,
            where=where,
        ),
    )


def _drivers_teams_circuits(objects: Objects) -> tuple[CanonicalTable, ...]:
    reference = objects.own("reference")
    if not objects.has(reference):
        return ()
    key = cells.key("key", reference)
    stated = {
        "driver": ("competitor", _driver(objects)),
        "team": ("team", _team(objects)),
        "circuit": ("venue", _circuit(objects)),
    }
    return tuple(
        CanonicalTable(kind=kind, keys=(key,), values=values, where=objects.is_of(of))
        for of, (kind, values) in stated.items()
    )


def _driver(objects: Objects) -> tuple[Cell, ...]:
    first, last = objects.own("forename"), objects.own("surname")
    name = (full_name(first=first, last=last),) if objects.has(first, last) else ()
    return (
        *name,
        *attributes(
            objects.columns,
            code=objects.own("abbreviation"),
            number=objects.own("permanent_car_number"),
            born=objects.own("date_of_birth"),
            nationality=objects.own("nationality"),
            country_code=objects.own("country_code"),
            wikipedia=objects.own("wikipedia"),
        ),
    )


def _team(objects: Objects) -> tuple[Cell, ...]:
    return (
        *objects.held(text("name", objects.own("name"))),
        *attributes(
            objects.columns,
            nationality=objects.own("nationality"),
            country_code=objects.own("country_code"),
            primary_color=objects.own("primary_color"),
            wikipedia=objects.own("wikipedia"),
        ),
    )


def _circuit(objects: Objects) -> tuple[Cell, ...]:
    return (
        *objects.held(
            text("name", objects.own("name")),
            text("locality", objects.own("locality"), max_chars=200),
            text("country", objects.own("country"), max_chars=100),
        ),
        *attributes(
            objects.columns,
            country_code=objects.own("country_code"),
            wikipedia=objects.own("wikipedia"),
        ),
        *measures(objects.columns, altitude_m=objects.own("altitude")),
    )


def _pairs(objects: Objects) -> tuple[CanonicalTable, ...]:
    """Give the driver and the team that an object pairs: they may be named here alone."""
    sources = {"competitor": "driver_reference", "team": "team_reference"}
    return tuple(
        CanonicalTable(
            kind=kind,
            keys=(cells.key("key", objects.foreign(name)),),
            where=objects.is_of("teamdriver"),
        )
        for kind, name in sources.items()
        if objects.has(objects.foreign(name))
    )
