"""Results and laps of one LiveRC race, as its page holds them (readers/pages/html_page.py).

The meeting is the event: its date, track and name. The race is its id where the page
says it, else its round, its number and its class, since numbers start again in each
round. Who knows the ids says them: `--meeting 486677 --race 6304829` go first.

An entrant is the driver's id; a driver who did not start may have none and is the name.
Lap 0 is the grid: no lap, but the entrant's `grid`. `Behind` is the interval to the car
ahead, not the gap to the first. Not kept: `pace`, which is worked out from the laps, and
the rounded twins of deviation and consistency where the fine ones are there. Elapsed
times are not stated: laps add up to the total within rounding only.
"""

from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.layout import CanonicalTable, Layout

#: How rounds are called at their start, in capitals -> kinds of races.
KINDS = {"QUALIF": "qualifying", "PRACTICE": "practice", "MAIN": "final"}
#: Facts of the page that are not of the entrant.
ABOUT_RACE = frozenset(
    {
        *("track", "event", "date", "race_id", "race_number", "class_header"),
        *("round", "length", "session", "sub_header"),
    }
)
TIMES = ("avg_lap", "avg_top_5", "avg_top_10", "avg_top_15")
CONSECUTIVE = ("top_2_consecutive", "top_3_consecutive")


def _held(columns: frozenset[str], *wanted: Cell) -> tuple[Cell, ...]:
    """Give the cells whose columns the table has."""
    return tuple(cell for cell in wanted if not cell.source or cell.source in columns)


def _day() -> pl.Expr:
    """Give the date of `Nov 16, 2025`, or one in ISO form."""
    raw = pl.col(clean("date"))
    spelled = raw.str.to_date("%b %d, %Y", strict=False).dt.to_string()
    return pl.coalesce(spelled, cells.date("", "date").value)


def _joined(columns: frozenset[str], *names: str, separator: str) -> pl.Expr:
    held = [pl.col(clean(name)) for name in names if name in columns]
    return pl.concat_str(held, separator=separator, ignore_nulls=True)


def _meeting(columns: frozenset[str]) -> Cell:
    """Give the key that is said, else the event's date, track and name."""
    said = cells.said("meeting_key", "meeting")
    if "event" not in columns:
        return said
    named = _joined(columns, "track", "event", separator=": ")
    if "date" in columns:
        named = pl.concat_str(_day(), named, separator=" ", ignore_nulls=True)
    # Without an event's name the rest tells no event from another.
    named = pl.when(pl.col(clean("event")).is_not_null()).then(named)
    key = cells.storable(named, max_chars=200)
    return cells.key("meeting_key", "event").with_value(pl.coalesce(said.value, key))


def _race(columns: frozenset[str]) -> Cell:
    """Give the key that is said, else the id of the race, else what tells it apart."""
    said = cells.said("race_key", "race")
    if "race_number" not in columns:
        return said
    told = _joined(columns, "round", "race_number", "class_header", separator=", ")
    told = pl.when(pl.col(clean("race_number")).is_not_null()).then(told)
    own = [pl.col(clean("race_id"))] if "race_id" in columns else []
    key = cells.storable(pl.coalesce(*own, told), max_chars=200)
    return cells.key("race_key", "race_number").with_value(pl.coalesce(said.value, key))


def _driver(columns: frozenset[str], *, name: str) -> Cell:
    key = cells.key("key", name)
    if "driver_id" not in columns:
        return key
    own = cells.storable(pl.col(clean("driver_id")), max_chars=200)
    return key.with_value(pl.coalesce(own, key.value))


def _kind() -> Cell:
    cell = text("kind", "round", max_chars=50)
    start = cell.value.str.to_uppercase()
    kind = pl.lit(None, dtype=pl.String)
    for word, meaning in KINDS.items():
        kind = (
            pl.when(start.str.starts_with(word)).then(pl.lit(meaning)).otherwise(kind)
        )
    # What is wrong with the text, the attribute `round` says.
    return replace(cell, value=kind, code="")


def _about(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    """Give the meeting and the race, which every line names."""
    date = replace(cells.date("start_date", "date"), value=_day())
    meeting = _held(
        columns,
        text("name", "event"),
        text("venue", "track", max_chars=200),
        replace(date, expected="a date such as Nov 16, 2025"),
        constant("discipline", "rc cars"),
    )
    race = _held(
        columns,
        text("name", "class_header"),
        cells.whole("number", "race_number"),
        _kind(),
        text("attributes.race_id", "race_id"),
        text("attributes.round", "round"),
        text("attributes.length", "length"),
        text("attributes.session", "session"),
        text("attributes.sub_header", "sub_header"),
    )
    keys = (_meeting(columns), _race(columns))
    return (
        CanonicalTable(kind="meeting", keys=keys[:1], values=meeting, is_distinct=True),
        CanonicalTable(kind="race", keys=keys, values=race, is_distinct=True),
    )


def _status(columns: frozenset[str]) -> Cell:
    """Give the word for the position; who has no lap, not even lap 0, did not start."""
    cell = cells.outcome("status", "position")
    if not {"laps_listed", "laps_time"} <= columns:
        return cell
    is_absent = (pl.col(clean("laps_time")) == "0") & (
        pl.col(clean("laps_listed")).fill_null("0") == "0"
    )
    started = pl.when(cell.value == "classified").then(is_absent).otherwise(False)
    absent = pl.when(started.fill_null(value=False)).then(pl.lit("did not start"))
    return cell.with_value(pl.coalesce(absent, cell.value))


def _finest(columns: frozenset[str], name: str, *, unit: str) -> tuple[Cell, ...]:
    """Give a figure as the script writes it, else as the table rounds it."""
    held = [source for source in (f"{name}_fine", name) if source in columns]
    found = [cells.percent(f"attributes.{unit}", source) for source in held]
    if len(found) < 2:
        return tuple(found)
    fine, rounded = found
    # What is no number must not be hidden by the other one.
    is_well = fine.value.is_not_null() | pl.col(clean(fine.source)).is_null()
    best = pl.coalesce(fine.value, rounded.value)
    return (fine.with_value(pl.when(is_well).then(best)),)


def _result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    key = _driver(columns, name="driver")
    values = _held(
        columns,
        text("number", "car_number", max_chars=20),
        text("name", "driver"),
        text("competitor", "driver_id", max_chars=200),
        cells.place("position", "position"),
        _status(columns),
        cells.raw("attributes.position_text", "position"),
        *cells.laps_and_time("laps_completed", "total_time_ms", "laps_time"),
        text("attributes.interval", "behind"),
        cells.number_text(text("attributes.qualifying_position", "qual")),
        cells.duration_ms("fastest_lap_ms", "fastest_lap"),
        cells.whole("attributes.fastest_lap_number", "fastest_lap_number"),
        *(
            cells.duration_ms(f"attributes.{name}_ms", name)
            for name in (*TIMES, *CONSECUTIVE)
        ),
        *_finest(columns, "std_deviation", unit="std_deviation_s"),
        *_finest(columns, "consistency", unit="consistency_percent"),
    )
    figures = {"std_deviation", "consistency", "laps_listed", "driver_id"}
    read = {cell.source for cell in values} | figures | ABOUT_RACE
    others = tuple(text(f"attributes.{n}", n) for n in sorted(columns - read))
    meeting, race = _about(columns)
    entrant = CanonicalTable(
        kind="entrant", keys=(*race.keys, key), values=values + others
    )
    return (meeting, race, *_competitors(columns, name="driver"), entrant)


def _competitors(columns: frozenset[str], *, name: str) -> tuple[CanonicalTable, ...]:
    if "driver_id" not in columns or name not in columns:
        return ()
    has_id = pl.col(clean("driver_id")).is_not_null()
    key = replace(cells.key("key", "driver_id"), is_required=False)
    return (
        CanonicalTable(
            kind="competitor",
            keys=(key,),
            values=(text("name", name),),
            where=has_id,
            is_distinct=True,
        ),
    )


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    key = _driver(columns, name="driver_id")
    is_grid = pl.col(clean("lap")).eq_missing("0")
    meeting, race = _about(columns)
    keys = (*race.keys, key)
    lap = CanonicalTable(
        kind="lap",
        keys=(*keys, cells.whole("number", "lap").required()),
        values=(
            cells.duration_ms("time_ms", "time"),
            cells.small("position", "position", lowest=1),
        ),
        where=~is_grid,
    )
    start = cells.duration_ms("attributes.lap_0_time_ms", "time")
    grid = CanonicalTable(
        kind="entrant",
        keys=keys,
        values=_held(
            columns,
            text("name", "driver_name"),
            text("competitor", "driver_id", max_chars=200),
            cells.small("grid", "position"),
            # A start that was timed; 0 is none.
            replace(
                start,
                value=pl.when(start.value > 0).then(start.value),
                no_value=start.value.eq_missing(0),
            ),
        ),
        where=is_grid,
    )
    return (lap, meeting, race, *_competitors(columns, name="driver_name"), grid)


RESULT = frozenset({"position", "driver", "laps_time", "behind", "consistency"})
LAP = frozenset({"driver_id", "lap", "position", "time", "pace"})
#: What may be said, and the column that says it too.
SAYING = {"meeting": "event", "race": "race_number"}


def _columns_say(columns: frozenset[str]) -> frozenset[str]:
    return frozenset(what for what, column in SAYING.items() if column in columns)


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="liverc.results",
        required=RESULT,
        tables=_result_tables,
        says=frozenset(SAYING),
        columns_say=_columns_say,
        may_say=frozenset(SAYING),
        about="The results of a LiveRC race, from its page.",
    ),
    Layout(
        name="liverc.laps",
        required=LAP,
        tables=_lap_tables,
        says=frozenset(SAYING),
        columns_say=_columns_say,
        may_say=frozenset(SAYING),
        about="The laps of a LiveRC race, from its page.",
    ),
)
