"""Rounds, circuits, drivers and constructors of the Ergast-style API -> our records.

A round has its sessions: `race`, `qualifying`, `sprint`, the practices `fp1` to `fp3`.
Circuits, drivers and constructors stand in registers, and inside rounds and results.
"""

import polars as pl

from imports.layouts import cells, f1_sessions
from imports.layouts.attributes import attributes, held, measures
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.layout import CanonicalTable
from imports.layouts.names import full_name

RACES = "MRData.RaceTable.Races"
SEASON, ROUND = f"{RACES}.season", f"{RACES}.round"
MEETING = f1_sessions.season_round(SEASON, ROUND)
#: Sessions of a weekend: the object that says when -> the key of its race.
SESSIONS = {
    "FirstPractice": "fp1",
    "SecondPractice": "fp2",
    "ThirdPractice": "fp3",
    "Qualifying": "qualifying",
    "SprintQualifying": "sq",
    "SprintShootout": "ss",
    "Sprint": "sprint",
}


def race_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    meeting = CanonicalTable(
        kind="meeting",
        keys=MEETING,
        values=(
            text("name", f"{RACES}.raceName"),
            constant("discipline", "f1"),
            *held(
                columns,
                text("venue", f"{RACES}.Circuit.circuitId", max_chars=200),
                cells.date("start_date", f"{RACES}.date"),
            ),
            cells.small("season", SEASON),
            cells.small("round", ROUND),
            *attributes(columns, url=f"{RACES}.url"),
        ),
    )
    sessions = [
        _session(columns, key=key, path=f"{RACES}.{name}")
        for name, key in SESSIONS.items()
        if f"{RACES}.{name}.date" in columns
    ]
    race = _session(columns, key="race", path=RACES)
    return (meeting, *circuits(columns, f"{RACES}.Circuit"), race, *sessions)


def _session(columns: frozenset[str], *, key: str, path: str) -> CanonicalTable:
    day, clock = f"{path}.date", f"{path}.time"
    values = [
        constant("kind", f1_sessions.kind_of(key)),
        constant("name", f1_sessions.NAME_BY_KEY[key]),
    ]
    if day in columns:
        # Known where the clock time is not, as of old races; and checked before it.
        values.append(cells.date("attributes.date", day))
    if {day, clock} <= columns:
        values.append(_start(day, clock))
    return CanonicalTable(
        kind="race",
        keys=(*MEETING, constant("race_key", key)),
        values=tuple(values),
        where=pl.col(clean(day)).is_not_null() if day in columns else None,
    )


def _start(day: str, clock: str) -> Cell:
    moment = pl.col(clean(day)) + "T" + pl.col(clean(clock))
    return Cell(
        name="scheduled_start",
        source=clock,
        value=cells.sane_moment(moment),
        code="not_a_moment",
        expected="a UTC clock time such as 15:00:00Z",
    )


def circuits(columns: frozenset[str], path: str) -> tuple[CanonicalTable, ...]:
    key = cells.key("key", f"{path}.circuitId")
    if key.source not in columns:
        return ()
    place = f"{path}.Location"
    values = (
        *held(
            columns,
            text("name", f"{path}.circuitName"),
            text("locality", f"{place}.locality", max_chars=200),
            text("country", f"{place}.country", max_chars=100),
        ),
        *attributes(columns, url=f"{path}.url"),
        *measures(columns, latitude=f"{place}.lat", longitude=f"{place}.long"),
    )
    return (CanonicalTable(kind="venue", keys=(key,), values=values, is_distinct=True),)


def drivers(columns: frozenset[str], path: str) -> tuple[CanonicalTable, ...]:
    first, last = f"{path}.givenName", f"{path}.familyName"
    name = (full_name(first=first, last=last),) if {first, last} <= columns else ()
    return (
        CanonicalTable(
            kind="competitor",
            keys=(cells.key("key", f"{path}.driverId"),),
            values=(
                *name,
                *attributes(
                    columns,
                    number=f"{path}.permanentNumber",
                    code=f"{path}.code",
                    born=f"{path}.dateOfBirth",
                    nationality=f"{path}.nationality",
                    url=f"{path}.url",
                ),
            ),
            is_distinct=True,
        ),
    )


def constructors(columns: frozenset[str], path: str) -> tuple[CanonicalTable, ...]:
    key = cells.key("key", f"{path}.constructorId")
    if key.source not in columns:
        return ()
    values = (
        *held(columns, text("name", f"{path}.name")),
        *attributes(columns, nationality=f"{path}.nationality", url=f"{path}.url"),
    )
    # Before 1958 a driver could drive for nobody.
    where = pl.col(clean(key.source)).is_not_null()
    return (
        CanonicalTable(
            kind="team", keys=(key,), values=values, where=where, is_distinct=True
        ),
    )
