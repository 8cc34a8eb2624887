"""Answers of api.openf1.org, arrays of flat objects -> races, entrants, laps, pit stops.

The meeting is the `meeting_key`, the race the `session_key`, an entrant has the key of
its `driver_number`. A lap is in the pits if it comes out of them (`is_pit_out_lap`).

The answer for stops does not number them: they are counted by driver and session in the
order of their laps, so it must hold all of a session. Of corrected rows none is stated.

Not kept of laps and stops, which have no attributes: `date_start`, `date`, speeds, and the
mini sectors `segments_sector_1` to `_3`. A `duration` of a result may be a total or a best
lap, by the kind of session that it does not name: it stays an attribute.
"""

from collections.abc import Set
from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.attributes import attributes, held
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.layout import CanonicalTable, Layout

MEETING = cells.key("meeting_key", "meeting_key")
RACE = (MEETING, cells.key("race_key", "session_key"))
ENTRANT = (*RACE, cells.key("key", "driver_number"))
OF_ENTRANT = frozenset({"meeting_key", "session_key", "driver_number"})
LAP_NUMBER = cells.whole("number", "lap_number").required()


def _meeting_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    circuit = cells.key("key", "circuit_key")
    venue = CanonicalTable(
        kind="venue",
        keys=(circuit,),
        values=held(
            columns,
            text("name", "circuit_short_name"),
            text("locality", "location", max_chars=200),
            text("country", "country_name", max_chars=100),
        ),
        is_distinct=True,
    )
    values = (
        text("name", "meeting_name"),
        constant("discipline", "f1"),
        text("venue", "circuit_key", max_chars=200),
        cells.small("season", "year"),
        *held(columns, text("country", "country_name", max_chars=100)),
        *attributes(
            columns,
            official_name="meeting_official_name",
            code="meeting_code",
            country_code="country_code",
            country_key="country_key",
            date_start="date_start",
            date_end="date_end",
            gmt_offset="gmt_offset",
            circuit_type="circuit_type",
            circuit_image="circuit_image",
            circuit_info_url="circuit_info_url",
            country_flag="country_flag",
            is_cancelled="is_cancelled",
        ),
    )
    return (venue, CanonicalTable(kind="meeting", keys=(MEETING,), values=values))


def _session_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    name, kind = (
        pl.col(clean(column)).str.to_lowercase()
        for column in ("session_name", "session_type")
    )
    values = (
        text("name", "session_name"),
        constant("kind", None).with_value(
            pl.when(name == "sprint").then(name).otherwise(kind)
        ),
        cells.moment("scheduled_start", "date_start"),
        *attributes(
            columns,
            session_type="session_type",
            date_end="date_end",
            gmt_offset="gmt_offset",
            is_cancelled="is_cancelled",
        ),
    )
    around = (
        constant("discipline", "f1"),
        *held(
            columns,
            cells.small("season", "year"),
            text("venue", "circuit_key", max_chars=200),
            text("country", "country_name", max_chars=100),
        ),
    )
    return (
        CanonicalTable(kind="race", keys=RACE, values=values),
        CanonicalTable(
            kind="meeting", keys=(MEETING,), values=around, is_distinct=True
        ),
    )


def _driver_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    values = (
        text("number", "driver_number", max_chars=20),
        *held(
            columns,
            text("name", "full_name"),
            text("team", "team_name", max_chars=200),
        ),
        *attributes(
            columns,
            code="name_acronym",
            broadcast_name="broadcast_name",
            first_name="first_name",
            last_name="last_name",
            country_code="country_code",
            team_colour="team_colour",
            headshot_url="headshot_url",
        ),
    )
    return (CanonicalTable(kind="entrant", keys=ENTRANT, values=values),)


def _numbered() -> CanonicalTable:
    number = text("number", "driver_number", max_chars=20)
    return CanonicalTable(
        kind="entrant", keys=ENTRANT, values=(number,), is_distinct=True
    )


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    values = (
        cells.duration_ms("time_ms", "lap_duration"),
        *held(
            columns,
            *(
                cells.duration_ms(f"sector{n}_ms", f"duration_sector_{n}")
                for n in (1, 2, 3)
            ),
            cells.switch("in_pit", "is_pit_out_lap"),
        ),
    )
    laps = CanonicalTable(kind="lap", keys=(*ENTRANT, LAP_NUMBER), values=values)
    return (laps, _numbered())


def _pit_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    # The time in the pit lane: of newer answers under its newer name.
    lane = "lane_duration" if "lane_duration" in columns else "pit_duration"
    stops = CanonicalTable(
        kind="pit_stop",
        keys=(*ENTRANT, cells.small("number", "lap_number", lowest=1).required()),
        values=(
            replace(LAP_NUMBER, name="lap"),
            *held(columns, cells.duration_ms("duration_ms", lane)),
        ),
    )
    return (stops, _numbered())


def _result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    flags = {
        "dsq": "disqualified",
        "dns": "did not start",
        "dnf": "did not finish",
    }
    position = cells.small("position", "position", lowest=1)
    status: pl.Expr = pl.when(position.value.is_not_null()).then(pl.lit("classified"))
    for flag, word in reversed(flags.items()):
        is_set = cells.switch("", flag).value.fill_null(value=False)
        status = pl.when(is_set).then(pl.lit(word)).otherwise(status)
    values = (
        text("number", "driver_number", max_chars=20),
        position,
        constant("status", None).with_value(status),
        *held(
            columns,
            cells.decimal("points", "points"),
            cells.whole("laps_completed", "number_of_laps"),
            *(cells.switch(f"attributes.{flag}", flag) for flag in flags),
        ),
        *_gap(columns),
        *attributes(columns, duration_seconds="duration"),
    )
    return (CanonicalTable(kind="entrant", keys=ENTRANT, values=values),)


def _gap(columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give the gap; three of them, of the parts of a qualifying, are an attribute."""
    if "gap_to_leader" not in columns:
        return ()
    gap = cells.gap("gap", "gap_to_leader")
    is_list = pl.col(clean("gap_to_leader")).str.starts_with("[")
    return (
        constant("gap", None).with_value(pl.when(~is_list).then(gap.value)),
        text("attributes.gap_to_leader", "gap_to_leader"),
    )


def _known(name: str, columns: Set[str], *, excluded: set[str], about: str) -> Layout:
    return Layout(
        name=f"openf1.{name}",
        required=frozenset(columns),
        excluded=frozenset(excluded),
        tables=lambda columns: (),
        about=f"{about}, of api.openf1.org; not stored.",
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="openf1.meetings",
        required=frozenset({"meeting_key", "meeting_name", "circuit_key", "year"}),
        excluded=frozenset({"session_key"}),
        tables=_meeting_tables,
        about="Meetings, of api.openf1.org.",
    ),
    Layout(
        name="openf1.sessions",
        required=frozenset(
            {"meeting_key", "session_key", "session_name", "session_type", "date_start"}
        ),
        excluded=frozenset({"driver_number"}),
        tables=_session_tables,
        about="Sessions of meetings, of api.openf1.org.",
    ),
    Layout(
        name="openf1.drivers",
        required=OF_ENTRANT | {"name_acronym"},
        tables=_driver_tables,
        about="Drivers of sessions, of api.openf1.org.",
    ),
    Layout(
        name="openf1.laps",
        required=OF_ENTRANT | {"lap_number", "lap_duration"},
        tables=_lap_tables,
        about="Laps of sessions, of api.openf1.org.",
    ),
    Layout(
        name="openf1.pit",
        required=OF_ENTRANT | {"lap_number", "pit_duration"},
        excluded=frozenset({"lap_duration"}),
        tables=_pit_tables,
        about="Pit stops of sessions, of api.openf1.org.",
    ),
    Layout(
        name="openf1.session_result",
        required=OF_ENTRANT | {"position", "dnf", "dns", "dsq"},
        tables=_result_tables,
        about="Results of sessions, of api.openf1.org.",
    ),
    _known(
        "position",
        OF_ENTRANT | {"position", "date"},
        excluded={"lap_number", "dnf"},
        about="Places as they change",
    ),
    _known(
        "intervals",
        OF_ENTRANT | {"interval", "gap_to_leader", "date"},
        excluded={"lap_number", "dnf"},
        about="Gaps as they change",
    ),
    _known(
        "stints",
        OF_ENTRANT | {"stint_number", "lap_start", "lap_end"},
        excluded={"lap_number"},
        about="Stints and their tyres",
    ),
    _known(
        "weather",
        {"meeting_key", "session_key", "air_temperature", "track_temperature"},
        excluded={"driver_number"},
        about="The weather",
    ),
    _known(
        "race_control",
        {"meeting_key", "session_key", "category", "message"},
        excluded=set(),
        about="Messages of race control",
    ),
)
