"""Tables of FastF1, and of undercut, which is made of them -> laps, results, stops.

The key of an entrant is the driver's code (`VER`): all of these tables have it, only
some the number. The code is no identity over the years, so it names no competitor.
A lap is in the pits if it goes in or comes out; one without a time has none.

A pit stop goes from `PitInTime` to the `PitOutTime` of the driver's next lap. It has the
number of its lap: counted, it would depend on where a file was cut. Of a file of
corrected rows no stops are stated, since the next laps are not in it.

Not kept of laps, which have no attributes: the session clock (`Time`, `LapStartTime`,
`Sector1SessionTime` …: not since the start of the race), speeds, tyres (`Compound`,
`TyreLife`, `FreshTyre`, `Stint`), `TrackStatus`, `DeletedReason`, `IsPersonalBest`,
`IsAccurate`, `FastF1Generated`, and what exporters add (`TotalTime`, `GapToLeader` …).
"""

from dataclasses import replace
from functools import partial

import polars as pl

from imports.layouts import cells
from imports.layouts.attributes import attributes, held
from imports.layouts.cells import OURS, Cell, clean, constant, text
from imports.layouts.ergast.tables import STATUS_BY_LETTER
from imports.layouts.fastf1.columns import NULLS, Columns, in_our_forms, session_columns
from imports.layouts.layout import CanonicalTable, Layout

IS_SAID = frozenset({"meeting", "race"})
#: Whether a lap ends with a stop, and when the driver comes out of it.
STOP, OUT_MS = f"{OURS}stop", f"{OURS}pit out ms"
#: The column of downloads of rejected rows: such a file has some rows of another.
CORRECTED = clean("reject_row_number")
LAP_TIMES = (
    "LapTime",
    "Sector1Time",
    "Sector2Time",
    "Sector3Time",
    "PitInTime",
    "PitOutTime",
)
LAP_NUMBER = cells.whole("number", "LapNumber").required()
STOP_NUMBER = cells.small("number", "LapNumber", lowest=1).required()
CODE = cells.key("key", "Driver")
PIT_IN = cells.duration_ms("check in", "PitInTime")
PIT_OUT = cells.duration_ms("check out", "PitOutTime")


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    table = Columns(columns)
    keys = (*table.keys, CODE)
    pits = held(columns, PIT_IN, PIT_OUT)
    values = (
        cells.duration_ms("time_ms", "LapTime"),
        *held(
            columns,
            *(cells.duration_ms(f"sector{n}_ms", f"Sector{n}Time") for n in (1, 2, 3)),
            cells.small("position", "Position", lowest=1),
            cells.switch("is_deleted", "Deleted"),
        ),
        *_in_pit(pits),
    )
    entrant = held(
        columns,
        text("number", "DriverNumber", max_chars=20),
        text("team", "Team", max_chars=200),
    )
    return (
        CanonicalTable(kind="lap", keys=(*keys, LAP_NUMBER, *pits), values=values),
        CanonicalTable(kind="entrant", keys=keys, values=entrant, is_distinct=True),
        *table.around(),
        *(_stops(keys) if len(pits) == 2 else ()),
    )


def _in_pit(pits: tuple[Cell, ...]) -> tuple[Cell, ...]:
    if not pits:
        return ()
    is_there = pl.any_horizontal(
        pl.col(clean(pit.source)).is_not_null() for pit in pits
    )
    return (constant("in_pit", None).with_value(is_there),)


def _stops(keys: tuple[Cell, ...]) -> tuple[CanonicalTable, ...]:
    stop = CanonicalTable(
        kind="pit_stop",
        keys=(*keys, STOP_NUMBER),
        values=(
            replace(LAP_NUMBER, name="lap"),
            constant("duration_ms", None).with_value(_duration(pl.col(OUT_MS))),
        ),
        where=pl.col(STOP),
    )
    return (stop,)


def _duration(out: pl.Expr) -> pl.Expr:
    duration = out - PIT_IN.value
    return pl.when(duration.is_between(0, cells.DAY_MS)).then(duration)


def _prepare_laps(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows = in_our_forms(rows, LAP_TIMES)
    names = set(rows.collect_schema().names())
    if not {clean("PitInTime"), clean("PitOutTime")} <= names:
        return rows
    if CORRECTED in names:
        nothing = pl.lit(None, pl.Int64).alias(OUT_MS)
        return rows.with_columns(pl.lit(value=False).alias(STOP), nothing)
    driver = [*session_columns(rows), clean("Driver")]
    lap = LAP_NUMBER.value
    goes_in = pl.col(clean("PitInTime")).is_not_null()
    ordered = partial(pl.Expr.over, partition_by=driver, order_by=lap)
    is_next = ordered(lap.shift(-1)) == lap + 1
    return rows.with_columns(
        goes_in.alias(STOP),
        pl.when(is_next).then(ordered(PIT_OUT.value.shift(-1))).alias(OUT_MS),
    )


def _result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    table = Columns(columns)
    values = (
        *_places(columns),
        *_totals(columns),
        *held(
            columns,
            text("number", "DriverNumber", max_chars=20),
            text("name", "FullName"),
            text("competitor", "DriverId", max_chars=200),
            text("team", "TeamName", max_chars=200),
            cells.small("grid", "GridPosition"),
            cells.decimal("points", "Points"),
            cells.whole("laps_completed", "Laps"),
        ),
        *_parts(columns),
        *attributes(
            columns,
            position_text="ClassifiedPosition",
            status_text="Status",
            team_id="TeamId",
            team_color="TeamColor",
            broadcast_name="BroadcastName",
            first_name="FirstName",
            last_name="LastName",
            country_code="CountryCode",
            headshot_url="HeadshotUrl",
        ),
    )
    keys = (*table.keys, cells.key("key", "Abbreviation"))
    entrants = CanonicalTable(kind="entrant", keys=keys, values=values)
    return (entrants, *table.around())


def _places(columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give the place of who is classified; sessions that are no races have places alone."""
    raw = pl.col(clean("ClassifiedPosition"))
    is_place = raw.str.contains(r"^[0-9]+$")
    letters = raw.replace(STATUS_BY_LETTER)
    status = pl.when(is_place).then(pl.lit("classified")).otherwise(letters)
    named = text("status", "ClassifiedPosition", max_chars=50).with_value(status)
    if "Position" not in columns:
        return (named,)
    order = cells.small("attributes.position_order", "Position", lowest=1)
    place = pl.when(is_place.fill_null(value=True)).then(order.value)
    return named, order, constant("position", None).with_value(place)


def _totals(columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give the winner's time; that of others may be a total or a gap: it stays text."""
    if not {"Time", "Position"} <= columns:
        return ()
    total = cells.duration_ms("check", "Time", highest=cells.INT32_MAX).value
    is_winner = cells.small("", "Position").value == 1
    winners = pl.when(is_winner).then(total)
    return (
        text("attributes.time_text", "Time", max_chars=50),
        constant("total_time_ms", None).with_value(winners),
    )


def _parts(columns: frozenset[str]) -> tuple[Cell, ...]:
    parts = held(
        columns,
        *(cells.duration_ms(f"attributes.q{n}_ms", f"Q{n}") for n in (1, 2, 3)),
    )
    if not parts:
        return ()
    best = pl.min_horizontal(part.value for part in parts)
    return (*parts, constant("fastest_lap_ms", None).with_value(best))


def _schedule_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    table = Columns(columns, race="race")
    [meeting] = table.around()
    date = cells.date("start_date", "Date")
    venue = text("venue", "CircuitId", max_chars=200)
    race = CanonicalTable(
        kind="race",
        keys=table.keys,
        values=(
            constant("kind", "race"),
            constant("name", "Race"),
            replace(date, name="attributes.date"),
        ),
    )
    return (replace(meeting, values=(*meeting.values, venue, date)), race)


#: Words of `Status` that say how it ended; any other is a reason, which is kept.
STATUS_BY_WORD = {
    "Finished": "classified",
    "Lapped": "classified",
    "Retired": "retired",
    "Disqualified": "disqualified",
    "Excluded": "excluded",
    "Did not start": "did not start",
    "Did not qualify": "did not qualify",
    "Did not prequalify": "did not qualify",
    "Not classified": "not classified",
    "Withdrew": "withdrawn",
}


def _season_result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    table = Columns(columns, race="race")
    words = pl.col(clean("Status"))
    is_lapped = words.str.contains(r"^\+[0-9]+ Laps?$")
    classified = pl.when(is_lapped).then(pl.lit("classified"))
    status = classified.otherwise(words.replace(STATUS_BY_WORD))
    entrants = CanonicalTable(
        kind="entrant",
        keys=(*table.keys, cells.key("key", "Code")),
        values=(
            text("competitor", "Driver", max_chars=200),
            cells.small("position", "Position", lowest=1),
            text("status", "Status", max_chars=50).with_value(
                cells.storable(status, max_chars=50)
            ),
            constant("gap", None).with_value(pl.when(is_lapped).then(words)),
            cells.small("grid", "GridPosition"),
            text("attributes.status_text", "Status"),
            *held(columns, cells.decimal("points", "Points")),
        ),
    )
    driver = CanonicalTable(
        kind="competitor",
        keys=(CODE,),
        values=attributes(columns, code="Code"),
        is_distinct=True,
    )
    return (entrants, driver, *table.around())


def _season_stop_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    table = Columns(columns, race="race")
    stops = CanonicalTable(
        kind="pit_stop",
        keys=(
            *table.keys,
            CODE,
            STOP_NUMBER,
            PIT_IN,
            PIT_OUT,
        ),
        values=(
            replace(LAP_NUMBER, name="lap"),
            Cell(
                name="duration_ms",
                source="PitOutTime",
                value=_duration(PIT_OUT.value),
                code="negative_time",
                expected="a time after PitInTime",
            ),
        ),
    )
    return (stops, *table.around())


def _prepare_stops(rows: pl.LazyFrame) -> pl.LazyFrame:
    return in_our_forms(rows, LAP_TIMES)


def _named(columns: frozenset[str]) -> frozenset[str]:
    return Columns(columns).named


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="fastf1.laps",
        required=frozenset({"Driver", "LapNumber", "LapTime"}),
        tables=_lap_tables,
        null_markers=NULLS,
        prepare=_prepare_laps,
        says=IS_SAID,
        columns_say=_named,
        about="Laps of a session, or of many with their season, round and session.",
    ),
    Layout(
        name="fastf1.results",
        required=frozenset({"Abbreviation", "ClassifiedPosition", "DriverNumber"}),
        tables=_result_tables,
        null_markers=NULLS,
        prepare=lambda rows: in_our_forms(rows, ("Time", "Q1", "Q2", "Q3")),
        says=IS_SAID,
        columns_say=_named,
        about="Results of a session.",
    ),
    Layout(
        name="fastf1.schedule",
        required=frozenset({"Season", "Round", "RaceName", "CircuitId", "Date"}),
        tables=_schedule_tables,
        null_markers=NULLS,
        about="The rounds of seasons.",
    ),
    Layout(
        name="fastf1.season_results",
        required=frozenset({"Season", "Round", "Driver", "Code", "Position", "Status"}),
        tables=_season_result_tables,
        null_markers=NULLS,
        about="Results of the races of seasons.",
    ),
    Layout(
        name="fastf1.season_pit_stops",
        required=frozenset(
            {"Season", "Round", "Driver", "LapNumber", "PitInTime", "PitOutTime"}
        ),
        excluded=frozenset({"LapTime"}),
        tables=_season_stop_tables,
        null_markers=NULLS,
        prepare=_prepare_stops,
        about="Pit stops of the races of seasons.",
    ),
)
