"""Results of Al Kamel timing -> entrants: of a race, by class, of a timed session.

What we have no field for is an attribute: class and vehicle by names of ours, all
other columns (drivers, ids of the organiser, `*Extra 7`) by their own, so every column
is kept. `-` is empty. GAP_FIRST of a file by class is behind the first of the class or
of all: it does not say which, so it is no gap but `attributes.gap_first_by_class`.
Drivers do not make the entrant's name: the analysis does, which spells them otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from imports.layouts import attributes, cells
from imports.layouts.alkamel import cars
from imports.layouts.cells import Cell, clean
from imports.layouts.layout import CanonicalTable, Layout

NULLS = ("", "-")
MEETING = cells.said("meeting_key", "meeting")
RACE = cells.said("race_key", "race")
STATUS_WORDS = cells.STATUS_BY_CODE | {
    "Classified": "classified",
    "Not classified": "not classified",
    "Disqualified": "disqualified",
    "Excluded": "excluded",
    "Retired": "retired",
    "Not started": "did not start",
    "Did not start": "did not start",
    "Did not finish": "did not finish",
    "Withdrawn": "withdrawn",
}
#: A race of 24 hours is won in a little more.
total_time = partial(
    cells.duration_ms, "total_time_ms", highest=cells.INT32_MAX, takes_plus=False
)
#: Column -> what makes a cell of it, for the columns that all kinds share.
SHARED: dict[str, Callable[[str], Cell]] = {
    "NUMBER": partial(cells.text, "number", max_chars=20),
    "STATUS": partial(cells.outcome, "status", words=STATUS_WORDS),
    "LAPS": partial(cells.whole, "laps_completed"),
    "TEAM": partial(cells.text, "team", max_chars=200),
}
ATTRIBUTES = {
    "CLASS": "class",
    "CLASS_TYPE": "class",
    "GROUP": "group",
    "DIVISION": "division",
    "VEHICLE": "vehicle",
    "MANUFACTURER": "manufacturer",
    "TIRES": "tyres",
    "TYRES": "tyres",
}
MEASURES = {
    "FL_LAPNUM": "fastest_lap_number",
    "FL_KPH": "fastest_lap_speed_kmh",
    "BEST_LAP_NUM": "fastest_lap_number",
    "BEST_LAP_KPH": "fastest_lap_speed_kmh",
    "PIC": "position_in_class",
    "LAP": "fastest_lap_number",
    "KPH": "fastest_lap_speed_kmh",
}


@dataclass(frozen=True)
class Kind:
    """A kind of results: its position, its fastest lap, and the cells of its own."""

    position: str
    fastest: str
    cells: dict[str, Callable[[str], Cell]]

    def prepare(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Write `5:44'41.101` with a colon, and tell the cars of one number apart."""
        held = set(rows.collect_schema().names())
        times = [clean(name) for name in self.cells if clean(name) in held]
        colons = pl.col(times).str.replace_all("'", ":", literal=True)
        return cars.of_results(rows.with_columns(colons), fastest=self.fastest)

    def tables(self, columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
        """Give the one table of entrants."""
        keys = (MEETING, RACE, cars.key())
        values = self._values(columns)
        return (CanonicalTable(kind="entrant", keys=keys, values=values),)

    def _values(self, columns: frozenset[str]) -> tuple[Cell, ...]:
        makers = SHARED | self.cells
        place = cells.place("position", self.position)
        found = [
            place,
            _place_text(place),
            *(make(name) for name, make in makers.items() if name in columns),
            *attributes.named(columns, ATTRIBUTES),
            *map(cells.number_text, attributes.named(columns, MEASURES)),
        ]
        # The first of two columns for one value (TIRES, TYRES) has it.
        held: dict[str, Cell] = {}
        for cell in found:
            held.setdefault(cell.name, cell)
        known = {cell.source for cell in held.values()}
        taken = {name.removeprefix("attributes.") for name in held}
        return (
            *held.values(),
            *attributes.others(columns, known=known, taken=taken),
        )


def _place_text(place: Cell) -> Cell:
    """Give what stands in place of a position, such as `DNF`."""
    text = cells.text("attributes.position_text", place.source)
    code = pl.when(place.value.is_null()).then(text.value)
    # The position itself is checked where it is read.
    return replace(text.with_value(code), code="")


def _layout(name: str, kind: Kind, *, required: set[str], about: str) -> Layout:
    return Layout(
        name=f"alkamel.{name}",
        required=frozenset({"NUMBER", kind.position, kind.fastest, *required}),
        tables=kind.tables,
        prepare=kind.prepare,
        null_markers=NULLS,
        says=frozenset({"meeting", "race"}),
        about=about,
    )


RESULTS = Kind(
    position="POSITION",
    fastest="FL_TIME",
    cells={
        "TOTAL_TIME": total_time,
        "GAP_FIRST": partial(cells.gap, "gap"),
        "GAP_PREVIOUS": partial(cells.gap, "attributes.gap_previous"),
        "FL_TIME": partial(cells.duration_ms, "fastest_lap_ms"),
    },
)
BY_CLASS = Kind(
    position="POS",
    fastest="BEST_LAP_TIME",
    cells={
        "ELAPSED": total_time,
        "GAP_FIRST": partial(cells.gap, "attributes.gap_first_by_class"),
        "GAP_PREVIOUS": partial(cells.gap, "attributes.gap_previous_by_class"),
        "BEST_LAP_TIME": partial(cells.duration_ms, "fastest_lap_ms"),
    },
)
SESSION = Kind(
    position="POS",
    fastest="TIME",
    cells={
        "TIME": partial(cells.duration_ms, "fastest_lap_ms"),
        "GAP_FIRST": partial(cells.gap, "gap"),
        "GAP_PREVIOUS": partial(cells.gap, "attributes.gap_previous"),
    },
)

LAYOUTS: tuple[Layout, ...] = (
    _layout(
        "results",
        RESULTS,
        required={"STATUS", "LAPS", "TOTAL_TIME"},
        about="Results of a race (`00_…`, `03_…`), provisional or official.",
    ),
    _layout(
        "results_by_class",
        BY_CLASS,
        required={"CLASS_TYPE", "PIC", "LAPS", "ELAPSED"},
        about="Results of a race by class (`05_…`).",
    ),
    _layout(
        "session",
        SESSION,
        required={"LAP", "GAP_FIRST"},
        about="Results of practice or qualifying: cars in order of their best laps.",
    ),
)
