"""NZ TAB racing: lists of races and meetings, and events, as JSON or flattened to CSV.

Keys are the ids of the source: a meeting's, an event's (it calls one race an event), an
entrant's. Columns are dotted paths. An event states its race and runners in
`data.runners` and how the placed ones fared in `data.results`: an entrant stands in two
arrays, each with columns of its own (docs/adr/0018). Nobody runs laps here.

Scalars that have no column of ours become attributes, their path below the race, the
meeting or the runner for a name. Not kept: `header`, `params` and the page token, which
are about the answer; `favourite` and `mover`, which repeat runners; starts as text
beside starts as numbers; pictures (silks, ride guides). Arrays of bets and form
(dividends, pools, money tracker, last starts …) are tables of their own and left aside.
"""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean, constant, text
from imports.layouts.layout import CanonicalTable, Layout

DISCIPLINES = {
    **dict.fromkeys(("T", "THOROUGHBREDS", "THOROUGHBRED HORSE RACING"), "gallops"),
    **dict.fromkeys(("H", "HARNESS", "HARNESS RACING"), "harness"),
    **dict.fromkeys(("G", "GREYHOUNDS", "GREYHOUND RACING"), "greyhounds"),
}
#: Comments on form are longer than names.
COMMENT_CHARS = 20_000
PICTURES = ("silk_", "alt_silk_", "ride_guide_")
ODDS = ("fixed_win", "fixed_place", "pool_win", "pool_place")
RACES, MEETINGS, EVENT = "data.races.", "data.meetings.", "data.race."
MEETING_RACES = "data.meetings.races."
RUNNERS, RESULTS = "data.runners.", "data.results."


def _held(columns: frozenset[str], cells_wanted: Iterable[Cell]) -> tuple[Cell, ...]:
    """Give the cells whose columns the document has."""
    return tuple(c for c in cells_wanted if not c.source or c.source in columns)


def _others(
    columns: frozenset[str], prefix: str, *, known: Iterable[str]
) -> tuple[Cell, ...]:
    """Give the scalars below the prefix that nothing else reads, as attributes."""
    read = frozenset(known)
    found: list[Cell] = []
    for column in sorted(columns):
        name = column.removeprefix(prefix)
        if name == column or name in read or name.startswith(PICTURES):
            continue
        attribute = f"attributes.{name.replace('.', '_')}"
        found.append(text(attribute, column, max_chars=COMMENT_CHARS))
    return tuple(found)


def _words(name: str, source: str) -> Cell:
    """Give the word of a status: `Final` is `final`."""
    cell = text(name, source, max_chars=50)
    return cell.with_value(cell.value.str.to_lowercase())


def _discipline(source: str) -> Cell:
    cell = text("discipline", source, max_chars=50)
    known = (
        pl.col(clean(source))
        .str.to_uppercase()
        .replace_strict(DISCIPLINES, default=None, return_dtype=pl.String)
    )
    return cell.with_value(pl.coalesce(known, cell.value))


def _epoch(name: str, source: str) -> Cell:
    """Give a moment; 0 seconds since 1970 is none."""
    cell = cells.start(name, source)
    return replace(cell, no_value=pl.col(clean(source)) == "0")


def _measure(name: str, source: str) -> Cell:
    return cells.number_text(text(f"attributes.{name}", source))


def _race_keys(meeting: str, race: str) -> tuple[Cell, ...]:
    return cells.key("meeting_key", meeting), cells.key("race_key", race)


def _list_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    """Give the races of a list that names their meetings by id alone."""
    names = ("meeting_id", "id", "event_id", "name", "number", "race_number", "status")
    starts = ("advertised_start", "actual_start")
    as_text = ("advertised_start_string", "actual_start_string")
    key = f"{RACES}id" if f"{RACES}id" in columns else f"{RACES}event_id"
    number = "number" if f"{RACES}number" in columns else "race_number"
    values = _held(
        columns,
        (
            constant("kind", "race"),
            text("name", f"{RACES}name"),
            cells.whole("number", f"{RACES}{number}"),
            _words("status", f"{RACES}status"),
            _epoch("scheduled_start", f"{RACES}advertised_start"),
            _epoch("attributes.actual_start", f"{RACES}actual_start"),
        ),
    )
    race = CanonicalTable(
        kind="race",
        keys=_race_keys(f"{RACES}meeting_id", key),
        values=values + _others(columns, RACES, known=(*names, *starts, *as_text)),
    )
    return (race,)


def _meeting_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    names = ("meeting", "name", "date", "category", "category_name", "country")
    values = _held(
        columns,
        (
            text("name", f"{MEETINGS}name"),
            _discipline(f"{MEETINGS}category"),
            cells.date("start_date", f"{MEETINGS}date"),
            text("country", f"{MEETINGS}country", max_chars=100),
            text("attributes.category", f"{MEETINGS}category"),
            text("attributes.category_name", f"{MEETINGS}category_name"),
        ),
    )
    meeting = CanonicalTable(
        kind="meeting",
        keys=(cells.key("meeting_key", f"{MEETINGS}meeting"),),
        values=values + _others(columns, MEETINGS, known=names),
    )
    return (meeting,)


def _meeting_race_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    names = ("id", "name", "race_number", "status", "start_time", "distance")
    values = _held(
        columns,
        (
            constant("kind", "race"),
            text("name", f"{MEETING_RACES}name"),
            cells.whole("number", f"{MEETING_RACES}race_number"),
            _words("status", f"{MEETING_RACES}status"),
            _epoch("scheduled_start", f"{MEETING_RACES}start_time"),
            cells.whole("distance_m", f"{MEETING_RACES}distance"),
        ),
    )
    race = CanonicalTable(
        kind="race",
        keys=_race_keys(f"{MEETINGS}meeting", f"{MEETING_RACES}id"),
        values=values + _others(columns, MEETING_RACES, known=names),
    )
    return (race,)


EVENT_KEYS = _race_keys(f"{EVENT}meeting_id", f"{EVENT}event_id")
EVENT_COLUMNS = (
    "meeting_id",
    "event_id",
    "meeting_name",
    "type",
    "country",
    "description",
    "race_number",
    "status",
    "distance",
    "advertised_start",
    "actual_start",
    "advertised_start_string",
    "actual_start_string",
)


def _event_race(columns: frozenset[str]) -> CanonicalTable:
    values = _held(
        columns,
        (
            constant("kind", "race"),
            text("name", f"{EVENT}description"),
            cells.whole("number", f"{EVENT}race_number"),
            _words("status", f"{EVENT}status"),
            _epoch("scheduled_start", f"{EVENT}advertised_start"),
            _epoch("attributes.actual_start", f"{EVENT}actual_start"),
            cells.whole("distance_m", f"{EVENT}distance"),
            text("attributes.type", f"{EVENT}type"),
        ),
    )
    return CanonicalTable(
        kind="race",
        keys=EVENT_KEYS,
        values=values + _others(columns, EVENT, known=EVENT_COLUMNS),
        is_distinct=True,
    )


def _event_meeting(columns: frozenset[str]) -> CanonicalTable:
    values = _held(
        columns,
        (
            text("name", f"{EVENT}meeting_name"),
            _discipline(f"{EVENT}type"),
            text("country", f"{EVENT}country", max_chars=100),
        ),
    )
    return CanonicalTable(
        kind="meeting", keys=EVENT_KEYS[:1], values=values, is_distinct=True
    )


def _scratching(columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give the status of a runner that does not run; of the others nothing is known."""
    scratched = cells.switch("status", f"{RUNNERS}is_scratched")
    late = cells.switch("attributes.is_late_scratched", f"{RUNNERS}is_late_scratched")
    if scratched.source not in columns:
        return _held(columns, (late,))
    status: pl.Expr = pl.when(scratched.value).then(pl.lit("scratched"))
    if late.source in columns:
        status = pl.when(late.value).then(pl.lit("late scratched")).otherwise(status)
    no_value = scratched.value.is_not_null()
    return _held(columns, (replace(scratched, value=status, no_value=no_value), late))


#: Column of a runner -> its attribute, a number.
RUNNER_MEASURES = {
    "weight.allocated": "weight_allocated_kg",
    "weight.total": "weight_total_kg",
    "allowance_weight": "allowance_weight_kg",
    "prize_money": "prize_money_dollars",
    **{f"odds.{kind}": f"odds_{kind}" for kind in ODDS},
}
#: What is said by name; all else that a runner has keeps its own.
RUNNER_COLUMNS = (
    *("entrant_id", "runner_number", "name", "horse_id", "scratch_time"),
    *("is_scratched", "is_late_scratched", "barrier", *RUNNER_MEASURES),
)
RUNNER_NAME = text("name", f"{RUNNERS}name")
HORSE = text("competitor", f"{RUNNERS}horse_id", max_chars=200)


def _runner_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    entrant = CanonicalTable(
        kind="entrant",
        keys=(*EVENT_KEYS, cells.key("key", f"{RUNNERS}entrant_id")),
        values=_held(columns, _runner_values(columns))
        + _others(columns, RUNNERS, known=RUNNER_COLUMNS),
    )
    tables = (_event_meeting(columns), _event_race(columns), entrant)
    return (*tables, _horse()) if HORSE.source in columns else tables


def _runner_values(columns: frozenset[str]) -> tuple[Cell, ...]:
    is_known = _is_known_horse()
    horse = pl.when(is_known).then(HORSE.value)
    return (
        text("number", f"{RUNNERS}runner_number", max_chars=20),
        RUNNER_NAME,
        replace(HORSE, value=horse, no_value=~is_known),
        *_scratching(columns),
        text("attributes.barrier", f"{RUNNERS}barrier"),
        _epoch("attributes.scratched_at", f"{RUNNERS}scratch_time"),
        *(_measure(n, f"{RUNNERS}{column}") for column, n in RUNNER_MEASURES.items()),
    )


def _horse() -> CanonicalTable:
    return CanonicalTable(
        kind="competitor",
        keys=(replace(HORSE, name="key"),),
        values=(RUNNER_NAME,),
        where=_is_known_horse(),
        is_distinct=True,
    )


def _is_known_horse() -> pl.Expr:
    """Whether the id of the horse is one; a runner whose horse is not known has 0."""
    return pl.col(clean(HORSE.source)) != "0"


def _times(columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give the time of a placed runner, 0 for none; the first's is the winning time."""
    ran = cells.duration_ms("total_time_ms", f"{RESULTS}time_ran")
    won = cells.duration_ms("attributes.winning_time_ms", f"{RESULTS}winning_time")
    is_first = cells.place("", f"{RESULTS}position").value == 1
    counting = [(ran, ran.value > 0), (won, is_first & (won.value > 0))]
    counting = [(cell, counts) for cell, counts in counting if cell.source in columns]
    if not counting:
        return ()
    times = [pl.when(counts).then(cell.value) for cell, counts in counting]
    first, _ = counting[0]
    # What is no time must not be hidden by the other one.
    is_well = first.value.is_not_null() | pl.col(clean(first.source)).is_null()
    total = replace(
        first,
        name=ran.name,
        value=pl.when(is_well).then(pl.coalesce(times)),
        no_value=first.value.is_not_null(),
    )
    return (total, *_held(columns, (won,)))


def _result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    known = (
        *("entrant_id", "position", "runner_number", "name", "barrier"),
        *("time_ran", "winning_time", "margin_length"),
    )
    values = _held(
        columns,
        (
            cells.place("position", f"{RESULTS}position"),
            text("number", f"{RESULTS}runner_number", max_chars=20),
            text("name", f"{RESULTS}name"),
            text("attributes.barrier", f"{RESULTS}barrier"),
            *_times(columns),
            _measure("margin_lengths", f"{RESULTS}margin_length"),
        ),
    )
    entrant = CanonicalTable(
        kind="entrant",
        keys=(*EVENT_KEYS, cells.key("key", f"{RESULTS}entrant_id")),
        values=values + _others(columns, RESULTS, known=known),
    )
    return (entrant,)


def _paths(prefix: str, *names: str) -> frozenset[str]:
    return frozenset(prefix + name for name in names)


IDS_OF_EVENT = _paths(EVENT, "meeting_id", "event_id")

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="nztab.races",
        required=_paths(RACES, "id", "meeting_id", "advertised_start"),
        tables=_list_tables,
        array="data.races",
        about="A page of NZ TAB's list of races.",
    ),
    Layout(
        name="nztab.race_states",
        required=_paths(RACES, "event_id", "meeting_id", "race_number"),
        tables=_list_tables,
        array="data.races",
        about="NZ TAB's short list of races and how far each of them is.",
    ),
    Layout(
        name="nztab.meetings",
        required=_paths(MEETINGS, "meeting", "name", "date", "category"),
        excluded=_paths(MEETING_RACES, "id"),
        tables=_meeting_tables,
        array="data.meetings",
        about="NZ TAB's meetings of a day, or one of them.",
    ),
    Layout(
        name="nztab.meeting_races",
        required=_paths(MEETINGS, "meeting")
        | _paths(MEETING_RACES, "id", "race_number"),
        tables=_meeting_race_tables,
        array="data.meetings.races",
        about="The races in NZ TAB's list of meetings.",
    ),
    Layout(
        name="nztab.runners",
        required=IDS_OF_EVENT | _paths(RUNNERS, "entrant_id", "name", "runner_number"),
        tables=_runner_tables,
        array="data.runners",
        about="The race and the runners of one NZ TAB event, scratched ones too.",
    ),
    Layout(
        name="nztab.results",
        required=IDS_OF_EVENT | _paths(RESULTS, "entrant_id", "position"),
        tables=_result_tables,
        array="data.results",
        about="How the placed runners of one NZ TAB event fared.",
    ),
)
