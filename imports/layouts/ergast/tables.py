r"""The Ergast F1 tables as CSV: `\N` is null, keys are raceId and driverId.

A line of races.csv is a meeting; its races are `race`, `sprint` and `qualifying`.
Laps and pit stops name only the raceId: they belong to `race`.
"""

import polars as pl

from imports.layouts import cells
from imports.layouts.attributes import attributes, measures
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.layout import CanonicalTable, Layout
from imports.layouts.names import full_name

NULLS = ("", "\\N")

MEETING = cells.key("meeting_key", "raceId")
DRIVER = cells.key("key", "driverId")
#: The columns of every file of results.
ENTRANT = {"raceId", "driverId", "constructorId", "number", "position"}

#: `positionText` of a result -> status; a number is a place: the driver was
#: classified, at the finish or not
#: (ergast.com, "status" and "positionText").
STATUS_BY_LETTER = {
    "R": "retired",
    "D": "disqualified",
    "E": "excluded",
    "W": "withdrawn",
    "F": "did not qualify",
    "N": "not classified",
}


def _in_race(kind: str) -> Cell:
    return constant("race_key", kind)


def _status() -> Cell:
    raw = pl.col(clean("positionText"))
    status = (
        pl.when(raw.str.contains(r"^[0-9]+$"))
        .then(pl.lit("classified"))
        .otherwise(raw.replace(STATUS_BY_LETTER))
    )
    return text("status", "positionText", max_chars=50).with_value(
        cells.storable(status, max_chars=50)
    )


def _behind() -> Cell:
    """Give the gap to the winner: `time` where it starts with a plus."""
    time = _time_text().value
    return Cell(
        name="gap", source="time", value=pl.when(time.str.starts_with("+")).then(time)
    )


def _time_text() -> Cell:
    """Give `time` as text: the winner's is no gap, a gap must be storable."""
    return cells.clock_text("attributes.time_text", "time")


def _race_session(
    kind: str, name: str, *, day: str, clock: str, where: pl.Expr | None = None
) -> CanonicalTable:
    date = pl.col(clean(day))
    start = date + pl.lit("T") + pl.col(clean(clock)) + pl.lit("Z")
    return CanonicalTable(
        kind="race",
        keys=(MEETING, _in_race(kind)),
        values=(
            constant("kind", kind),
            constant("name", name),
            # Known where the clock time is not, and checked before it.
            cells.date("attributes.date", day),
            Cell(
                name="scheduled_start",
                source=clock,
                value=cells.sane_moment(start),
                code="not_a_moment",
                expected="a UTC clock time such as 15:00:00",
            ),
        ),
        where=where,
    )


def _race_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    practice = {
        f"{name}_{part}": f"{name}_{part}"
        for name in ("fp1", "fp2", "fp3")
        for part in ("date", "time")
    }
    meeting = CanonicalTable(
        kind="meeting",
        keys=(MEETING,),
        values=(
            text("name", "name"),
            constant("discipline", "f1"),
            text("venue", "circuitId", max_chars=200),
            cells.date("start_date", "date"),
            cells.small("season", "year"),
            cells.small("round", "round"),
            *attributes(columns, url="url", **practice),
        ),
    )
    sessions = [_race_session("race", "Race", day="date", clock="time")]
    for kind, name, column in (
        ("qualifying", "Qualifying", "quali"),
        ("sprint", "Sprint", "sprint"),
    ):
        day, clock = f"{column}_date", f"{column}_time"
        if {day, clock} <= columns:
            held = pl.col(clean(day)).is_not_null()
            sessions.append(_race_session(kind, name, day=day, clock=clock, where=held))
    return (meeting, *sessions)


def _circuit_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    return (
        CanonicalTable(
            kind="venue",
            keys=(cells.key("key", "circuitId"),),
            values=(
                text("name", "name"),
                text("locality", "location", max_chars=200),
                text("country", "country", max_chars=100),
                *attributes(
                    columns,
                    reference="circuitRef",
                    url="url",
                ),
                *measures(columns, latitude="lat", longitude="lng", altitude_m="alt"),
            ),
        ),
    )


def _driver_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    name = full_name(first="forename", last="surname")
    return (
        CanonicalTable(
            kind="competitor",
            keys=(DRIVER,),
            values=(
                name,
                *attributes(
                    columns,
                    reference="driverRef",
                    number="number",
                    code="code",
                    born="dob",
                    nationality="nationality",
                    url="url",
                ),
            ),
        ),
    )


def _constructor_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    return (
        CanonicalTable(
            kind="team",
            keys=(cells.key("key", "constructorId"),),
            values=(
                text("name", "name"),
                *attributes(
                    columns,
                    reference="constructorRef",
                    nationality="nationality",
                    url="url",
                ),
            ),
        ),
    )


#: Which drive of a driver in a race this is, from 1.
DRIVE = f"{cells.OURS}drive"


def _number_drives(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Number the results of one driver in one race by resultId.

    Until 1964 drivers shared cars, so a driver can have two results in one race:
    those are two entrants, not a duplicate.
    """
    result = pl.col(clean("resultId")).cast(pl.Int64, strict=False)
    drive = result.rank("dense").over(clean("raceId"), clean("driverId"))
    return rows.with_columns(drive.alias(DRIVE))


def _drive() -> Cell:
    """Give the driverId, with `/2` for a driver's second car in the race."""
    drive = pl.col(DRIVE)
    suffix = pl.when(drive > 1).then(pl.lit("/") + drive.cast(pl.String))
    key = DRIVER.value + suffix.fill_null("")
    return DRIVER.with_value(cells.storable(key, max_chars=200))


RESULT = ENTRANT | {
    "resultId",
    "grid",
    "positionText",
    "points",
    "laps",
    "time",
    "milliseconds",
    "fastestLapTime",
}


def _result_layout(
    name: str, *, race: str, own: set[str], excluded: set[str]
) -> Layout:
    """Give the layout of results.csv or sprint_results.csv: same columns, other race."""

    def tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        keys = (MEETING, _in_race(race), _drive())
        values = _result_values(columns)
        return (CanonicalTable(kind="entrant", keys=keys, values=values),)

    return Layout(
        name=f"ergast.{name}",
        required=frozenset(RESULT | own),
        excluded=frozenset(excluded),
        tables=tables,
        null_markers=NULLS,
        about=f"Results of {race}s.",
        prepare=_number_drives,
    )


def _result_values(columns: frozenset[str]) -> tuple[Cell, ...]:
    return (
        text("number", "number", max_chars=20),
        text("competitor", "driverId", max_chars=200),
        text("team", "constructorId", max_chars=200),
        _status(),
        cells.small("grid", "grid"),
        cells.small("position", "position"),
        cells.decimal("points", "points"),
        cells.whole("laps_completed", "laps"),
        cells.whole("total_time_ms", "milliseconds"),
        _time_text(),
        _behind(),
        cells.duration_ms("fastest_lap_ms", "fastestLapTime"),
        *attributes(
            columns,
            result="resultId",
            position_text="positionText",
            status_id="statusId",
        ),
        *measures(
            columns,
            position_order="positionOrder",
            fastest_lap_number="fastestLap",
            fastest_lap_rank="rank",
            fastest_lap_speed_kmh="fastestLapSpeed",
        ),
    )


def _qualifying_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    parts = [
        cells.duration_ms(f"attributes.q{n}_ms", f"q{n}")
        for n in (1, 2, 3)
        if f"q{n}" in columns
    ]
    best = pl.min_horizontal(part.value for part in parts)
    return (
        CanonicalTable(
            kind="entrant",
            keys=(MEETING, _in_race("qualifying"), DRIVER),
            values=(
                text("number", "number", max_chars=20),
                text("competitor", "driverId", max_chars=200),
                text("team", "constructorId", max_chars=200),
                cells.small("position", "position"),
                Cell(name="fastest_lap_ms", source="q1", value=best),
                *parts,
            ),
        ),
    )


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    time = cells.duration_ms("time_ms", "time")
    if "milliseconds" in columns:
        time = cells.milliseconds("time_ms", "milliseconds")
    position = (
        (cells.small("position", "position", lowest=1),)
        if "position" in columns
        else ()
    )
    return (
        CanonicalTable(
            kind="lap",
            keys=(
                MEETING,
                _in_race("race"),
                DRIVER,
                cells.whole("number", "lap").required(),
            ),
            values=(time, *position),
        ),
    )


def _pit_stop_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    duration = cells.duration_ms("duration_ms", "duration")
    if "milliseconds" in columns:
        duration = cells.milliseconds("duration_ms", "milliseconds")
    return (
        CanonicalTable(
            kind="pit_stop",
            keys=(
                MEETING,
                _in_race("race"),
                DRIVER,
                cells.small("number", "stop", lowest=1).required(),
            ),
            values=(
                cells.whole("lap", "lap"),
                duration,
                cells.time_of_day("time_of_day", "time"),
            ),
        ),
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="ergast.races",
        required=frozenset(
            {"raceId", "year", "round", "circuitId", "name", "date", "time"}
        ),
        tables=_race_tables,
        null_markers=NULLS,
        about="Rounds: a line is a meeting and its sessions.",
    ),
    Layout(
        name="ergast.circuits",
        required=frozenset({"circuitId", "circuitRef", "name", "location", "country"}),
        tables=_circuit_tables,
        null_markers=NULLS,
        about="Circuits.",
    ),
    Layout(
        name="ergast.drivers",
        required=frozenset({"driverId", "driverRef", "forename", "surname"}),
        tables=_driver_tables,
        null_markers=NULLS,
        about="Drivers.",
    ),
    Layout(
        name="ergast.constructors",
        required=frozenset({"constructorId", "constructorRef", "name"}),
        tables=_constructor_tables,
        null_markers=NULLS,
        about="Constructors.",
    ),
    _result_layout("results", race="race", own={"fastestLapSpeed"}, excluded=set()),
    _result_layout(
        "sprint_results", race="sprint", own=set(), excluded={"fastestLapSpeed"}
    ),
    Layout(
        name="ergast.qualifying",
        required=frozenset(ENTRANT | {"qualifyId", "q1"}),
        tables=_qualifying_tables,
        null_markers=NULLS,
        about="Results of qualifyings.",
    ),
    Layout(
        name="ergast.lap_times",
        required=frozenset({"raceId", "driverId", "lap", "time"}),
        excluded=frozenset({"stop"}),
        tables=_lap_tables,
        null_markers=NULLS,
        about="Laps of races.",
    ),
    Layout(
        name="ergast.pit_stops",
        required=frozenset({"raceId", "driverId", "stop", "lap", "time", "duration"}),
        tables=_pit_stop_tables,
        null_markers=NULLS,
        about="Pit stops of races.",
    ),
)
