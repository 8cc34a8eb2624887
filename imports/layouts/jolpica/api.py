"""Answers of the Ergast-style API as JSON -> results, laps, pit stops and registers.

All of it is below `MRData`; a row is an element of an array, with what stands around it.
The meeting is `2023-18` (season and round), an entrant has the key of its driverId.
Not kept: the query (`limit`, `offset`, `url` …), championships, seasons, counts of status.
"""

from collections.abc import Callable
from dataclasses import replace

from imports.layouts import cells
from imports.layouts.attributes import held
from imports.layouts.cells import constant
from imports.layouts.jolpica.api_results import (
    QUALIFYING,
    qualifying_tables,
    result_layout,
)
from imports.layouts.jolpica.api_rounds import (
    MEETING,
    RACES,
    ROUND,
    SEASON,
    circuits,
    constructors,
    drivers,
    race_tables,
)
from imports.layouts.layout import CanonicalTable, Layout


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    path = f"{RACES}.Laps.Timings"
    position = cells.small("position", f"{path}.position", lowest=1)
    return (
        CanonicalTable(
            kind="lap",
            keys=(
                *MEETING,
                constant("race_key", "race"),
                cells.key("key", f"{path}.driverId"),
                cells.whole("number", f"{RACES}.Laps.number").required(),
            ),
            values=(
                cells.duration_ms("time_ms", f"{path}.time"),
                *held(columns, position),
            ),
        ),
    )


def _pit_stop_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    path = f"{RACES}.PitStops"
    return (
        CanonicalTable(
            kind="pit_stop",
            keys=(
                *MEETING,
                constant("race_key", "race"),
                cells.key("key", f"{path}.driverId"),
                cells.small("number", f"{path}.stop", lowest=1).required(),
            ),
            values=held(
                columns,
                cells.whole("lap", f"{path}.lap"),
                cells.duration_ms("duration_ms", f"{path}.duration"),
                cells.time_of_day("time_of_day", f"{path}.time"),
            ),
        ),
    )


def _register(
    tables: Callable[[frozenset[str], str], tuple[CanonicalTable, ...]], path: str
) -> Callable[[frozenset[str]], tuple[CanonicalTable, ...]]:
    """Give the tables of a register: each of its rows is a record, none is repeated."""

    def records(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        return tuple(replace(t, is_distinct=False) for t in tables(columns, path))

    return records


def _known(name: str, array: str, *, own: str, about: str) -> Layout:
    return Layout(
        name=f"jolpica.api_{name}",
        required=frozenset({f"{array}.{own}"}),
        tables=lambda columns: (),
        array=array,
        about=about,
    )


def _envelope(name: str, array: str, *, own: set[str], inside: set[str]) -> Layout:
    return Layout(
        name=f"jolpica.api_{name}",
        required=frozenset({f"{array}.{column}" for column in own}),
        excluded=frozenset({f"{array}.{column}" for column in inside}),
        tables=lambda columns: (),
        array=array,
        is_envelope=True,
        about="What stands around the rows of another array.",
    )


DRIVERS = "MRData.DriverTable.Drivers"
CONSTRUCTORS = "MRData.ConstructorTable.Constructors"
CIRCUITS = "MRData.CircuitTable.Circuits"
STANDINGS = "MRData.StandingsTable.StandingsLists"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="jolpica.api_races",
        required=frozenset({SEASON, ROUND, f"{RACES}.raceName"}),
        tables=race_tables,
        array=RACES,
        about="Rounds of a season with their sessions, of the API.",
    ),
    result_layout("Results", race="race"),
    result_layout("SprintResults", race="sprint"),
    Layout(
        name="jolpica.api_qualifying",
        required=frozenset(
            {
                SEASON,
                ROUND,
                f"{QUALIFYING}.Driver.driverId",
                f"{QUALIFYING}.position",
            }
        ),
        tables=qualifying_tables,
        array=QUALIFYING,
        about="Results of a qualifying, of the API.",
    ),
    Layout(
        name="jolpica.api_laps",
        required=frozenset(
            {
                SEASON,
                ROUND,
                f"{RACES}.Laps.number",
                f"{RACES}.Laps.Timings.driverId",
                f"{RACES}.Laps.Timings.time",
            }
        ),
        tables=_lap_tables,
        array=f"{RACES}.Laps.Timings",
        about="Laps of a race, of the API.",
    ),
    Layout(
        name="jolpica.api_pit_stops",
        required=frozenset(
            {
                SEASON,
                ROUND,
                f"{RACES}.PitStops.driverId",
                f"{RACES}.PitStops.stop",
            }
        ),
        tables=_pit_stop_tables,
        array=f"{RACES}.PitStops",
        about="Pit stops of a race, of the API.",
    ),
    Layout(
        name="jolpica.api_drivers",
        required=frozenset({f"{DRIVERS}.driverId"}),
        tables=_register(drivers, DRIVERS),
        array=DRIVERS,
        about="Drivers, of the API.",
    ),
    Layout(
        name="jolpica.api_constructors",
        required=frozenset({f"{CONSTRUCTORS}.constructorId"}),
        tables=_register(constructors, CONSTRUCTORS),
        array=CONSTRUCTORS,
        about="Constructors, of the API.",
    ),
    Layout(
        name="jolpica.api_circuits",
        required=frozenset({f"{CIRCUITS}.circuitId"}),
        tables=_register(circuits, CIRCUITS),
        array=CIRCUITS,
        about="Circuits, of the API.",
    ),
    _known(
        "driver_standings",
        f"{STANDINGS}.DriverStandings",
        own="Driver.driverId",
        about="A championship of drivers, of the API; not stored.",
    ),
    _known(
        "constructor_standings",
        f"{STANDINGS}.ConstructorStandings",
        own="Constructor.constructorId",
        about="A championship of constructors, of the API; not stored.",
    ),
    _known(
        "seasons",
        "MRData.SeasonTable.Seasons",
        own="season",
        about="Seasons, of the API; not stored.",
    ),
    _known(
        "status",
        "MRData.StatusTable.Status",
        own="statusId",
        about="How often each status was given, of the API; not stored.",
    ),
    _envelope(
        "lap_numbers", f"{RACES}.Laps", own={"number"}, inside={"Timings.driverId"}
    ),
    _envelope(
        "standings_lists",
        STANDINGS,
        own={"season"},
        inside={"DriverStandings.position", "ConstructorStandings.position"},
    ),
    _envelope(
        "standings_teams",
        f"{STANDINGS}.DriverStandings.Constructors",
        own={"constructorId"},
        inside=set(),
    ),
)
