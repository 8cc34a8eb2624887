"""Our own layout: documented columns, one file a kind, or one flat file of laps.

A flat file names meeting, race and entrant in every lap and may describe them too
(`meeting_name`, `entrant_number` …). Columns that it does not have are no opinion;
an empty cell of a column that it has sets the value to unknown.
"""

from collections.abc import Callable
from functools import partial

from imports.errors import UnknownLayout
from imports.layouts import cells
from imports.layouts.cells import Cell
from imports.layouts.layout import CanonicalTable, Layout

#: Column of the file -> what makes a cell of such a column.
Values = dict[str, Callable[[str], Cell]]

SHARED_VALUES: Values = {
    "name": partial(cells.text, "name"),
}
VENUE_VALUES = SHARED_VALUES | {
    "locality": partial(cells.text, "locality", max_chars=200),
    "country": partial(cells.text, "country", max_chars=100),
    "timezone": partial(cells.text, "timezone", max_chars=64),
}
MEETING_VALUES = SHARED_VALUES | {
    "discipline": partial(cells.text, "discipline", max_chars=50),
    "venue": partial(cells.text, "venue", max_chars=200),
    "country": partial(cells.text, "country", max_chars=100),
    "timezone": partial(cells.text, "timezone", max_chars=64),
    "start_date": partial(cells.date, "start_date"),
    "season": partial(cells.small, "season"),
    "round": partial(cells.small, "round"),
    "status": partial(cells.text, "status", max_chars=50),
}
RACE_VALUES = SHARED_VALUES | {
    "number": partial(cells.whole, "number"),
    "kind": partial(cells.text, "kind", max_chars=50),
    "status": partial(cells.text, "status", max_chars=50),
    "scheduled_start": partial(cells.moment, "scheduled_start"),
    "distance_m": partial(cells.whole, "distance_m"),
    "scheduled_laps": partial(cells.whole, "scheduled_laps"),
}
ENTRANT_VALUES = SHARED_VALUES | {
    "number": partial(cells.text, "number", max_chars=20),
    "competitor": partial(cells.text, "competitor", max_chars=200),
    "team": partial(cells.text, "team", max_chars=200),
    "status": partial(cells.text, "status", max_chars=50),
    "grid": partial(cells.small, "grid"),
    "position": partial(cells.small, "position"),
    "laps_completed": partial(cells.whole, "laps_completed"),
    "total_time_ms": partial(cells.whole, "total_time_ms"),
    # A race of 24 hours is won in a little more.
    "total_time": partial(cells.duration_ms, "total_time_ms", highest=cells.INT32_MAX),
    "gap": partial(cells.gap, "gap"),
    "points": partial(cells.decimal, "points"),
    "fastest_lap_ms": partial(cells.milliseconds, "fastest_lap_ms"),
    "fastest_lap": partial(cells.duration_ms, "fastest_lap_ms"),
}
LAP_VALUES: Values = {
    "time_ms": partial(cells.milliseconds, "time_ms"),
    "time": partial(cells.duration_ms, "time_ms"),
    "elapsed_ms": partial(cells.whole, "elapsed_ms"),
    "position": partial(cells.small, "position", lowest=1),
    "sector1_ms": partial(cells.milliseconds, "sector1_ms"),
    "sector2_ms": partial(cells.milliseconds, "sector2_ms"),
    "sector3_ms": partial(cells.milliseconds, "sector3_ms"),
    "in_pit": partial(cells.switch, "in_pit"),
    "is_deleted": partial(cells.switch, "is_deleted"),
}
PIT_STOP_VALUES: Values = {
    "lap": partial(cells.whole, "lap"),
    "duration_ms": partial(cells.milliseconds, "duration_ms"),
    "duration": partial(cells.duration_ms, "duration_ms"),
    "time_of_day": partial(cells.time_of_day, "time_of_day"),
}

MEETING = cells.key("meeting_key", "meeting")
RACE = cells.key("race_key", "race")
ENTRANT = cells.key("key", "entrant")
LAP = cells.whole("number", "lap").required()
STOP = cells.small("number", "stop", lowest=1).required()


def _held(
    values: Values, columns: frozenset[str], *, prefix: str = ""
) -> tuple[Cell, ...]:
    """Give the values that the file has columns for; refuse two for one value."""
    held: dict[str, Cell] = {}
    for name, make in values.items():
        if prefix + name not in columns:
            continue
        cell = make(prefix + name)
        if twin := held.get(cell.name):
            raise UnknownLayout(
                f"The columns {twin.source!r} and {cell.source!r} state the same "
                "value. Keep one of them."
            )
        held[cell.name] = cell
    return tuple(held.values())


#: How a flat file describes what its laps belong to: `meeting_name` for `name`.
FLAT_VALUES: dict[str, Values] = {
    "meeting": MEETING_VALUES,
    "race": RACE_VALUES,
    "entrant": ENTRANT_VALUES,
}


def _one_kind(
    kind: str, *, keys: tuple[Cell, ...], values: Values, excluded: set[str]
) -> Layout:
    """Give the layout of a file that holds one kind of row."""

    def tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        return (CanonicalTable(kind=kind, keys=keys, values=_held(values, columns)),)

    return Layout(
        name=f"canonical.{kind}s",
        required=frozenset(cell.source for cell in keys),
        optional=frozenset(values),
        excluded=frozenset(excluded),
        tables=tables,
        is_strict=True,
        about=f"Our own columns, a line a {kind.replace('_', ' ')}.",
    )


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    keys = {
        "meeting": (MEETING,),
        "race": (MEETING, RACE),
        "entrant": (MEETING, RACE, ENTRANT),
    }
    described = [
        CanonicalTable(kind=kind, keys=keys[kind], values=held, is_distinct=True)
        for kind, values in FLAT_VALUES.items()
        if (held := _held(values, columns, prefix=f"{kind}_"))
    ]
    values = _held(LAP_VALUES, columns)
    if not values:
        raise UnknownLayout(
            "The file names laps and states nothing of them. Add a column such as "
            f"{', '.join(map(repr, LAP_VALUES))}."
        )
    laps = CanonicalTable(kind="lap", keys=(MEETING, RACE, ENTRANT, LAP), values=values)
    return (laps, *described)


FLAT_COLUMNS = frozenset(
    f"{kind}_{name}" for kind, values in FLAT_VALUES.items() for name in values
)
LAPS = Layout(
    name="canonical.laps",
    required=frozenset({"meeting", "race", "entrant", "lap"}),
    optional=frozenset(LAP_VALUES) | FLAT_COLUMNS,
    excluded=frozenset({"stop"}),
    tables=_lap_tables,
    is_strict=True,
    about="Our own columns, a line a lap; it can describe its meeting, race and entrant.",
)

LAYOUTS: tuple[Layout, ...] = (
    _one_kind(
        "venue",
        keys=(cells.key("key", "venue"),),
        values=VENUE_VALUES,
        excluded={"meeting", "race", "entrant"},
    ),
    _one_kind(
        "team",
        keys=(cells.key("key", "team"),),
        values=SHARED_VALUES,
        excluded={"meeting", "race", "entrant"},
    ),
    _one_kind(
        "competitor",
        keys=(cells.key("key", "competitor"),),
        values=SHARED_VALUES,
        excluded={"meeting", "race", "entrant"},
    ),
    _one_kind(
        "meeting", keys=(MEETING,), values=MEETING_VALUES, excluded={"race", "entrant"}
    ),
    _one_kind("race", keys=(MEETING, RACE), values=RACE_VALUES, excluded={"entrant"}),
    _one_kind(
        "entrant",
        keys=(MEETING, RACE, ENTRANT),
        values=ENTRANT_VALUES,
        excluded={"lap", "stop"},
    ),
    LAPS,
    _one_kind(
        "pit_stop",
        keys=(MEETING, RACE, ENTRANT, STOP),
        values=PIT_STOP_VALUES,
        excluded=set(),
    ),
)
