"""What a column of a mapped file can be: keys, values in their forms, attributes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial

import polars as pl

from imports.layouts import canonical, cells
from imports.layouts.cells import Cell, clean, moments, outcome_cells

#: The keys of a row of each kind, outermost first.
KEYS_OF: dict[str, tuple[str, ...]] = {
    "lap": ("meeting", "race", "entrant", "lap"),
    "entrant": ("meeting", "race", "entrant"),
    "pit_stop": ("meeting", "race", "entrant", "stop"),
    "race": ("meeting", "race"),
    "meeting": ("meeting",),
    "venue": ("venue",),
    "team": ("team",),
    "competitor": ("competitor",),
}
#: The rows that a row of each kind can describe besides, as a flat file does.
PARENTS_OF: dict[str, tuple[str, ...]] = {
    "lap": ("meeting", "race", "entrant"),
    "pit_stop": ("meeting", "race", "entrant"),
    "entrant": ("meeting", "race"),
    "race": ("meeting",),
    "meeting": (),
    "venue": (),
    "team": (),
    "competitor": (),
}
#: Keys that are numbers, with the lowest.
NUMBERED = {"lap": 0, "stop": 1}
ATTRIBUTES = "attributes."
#: The column that stands for a constant.
CONSTANT = "constant"

VALUES_OF: dict[str, canonical.Values] = {
    "lap": canonical.LAP_VALUES,
    "entrant": canonical.ENTRANT_VALUES,
    "pit_stop": canonical.PIT_STOP_VALUES,
    "race": canonical.RACE_VALUES,
    "meeting": canonical.MEETING_VALUES,
    "venue": canonical.VENUE_VALUES,
    "team": canonical.SHARED_VALUES,
    "competitor": canonical.SHARED_VALUES,
}
#: Rows of these kinds have columns and nothing else.
WITHOUT_ATTRIBUTES = ("lap", "pit_stop")

Make = Callable[..., Cell | tuple[Cell, ...]]


@dataclass(frozen=True)
class Target:
    """What a column can be."""

    name: str
    #: The kind of row that it describes besides; empty for the row itself.
    parent: str = ""
    is_value: bool = True
    #: The ways its text can be read, the first if nobody says.
    forms: Mapping[str, Make] = field(default_factory=dict)

    def make(self, column: str, form: str, *, timezone: str = "") -> list[Cell]:
        """Give the cells that read the column; local times are of the time zone."""
        make = self.forms[form or next(iter(self.forms))]
        if form == LOCAL_TIME:
            make = partial(make, timezone=timezone)
        made = make(column)
        return list(made) if isinstance(made, tuple) else [made]


def _comma_decimal(name: str, source: str) -> Cell:
    """Give a decimal number with a comma before its decimals; a point is a mistake."""
    raw = pl.col(clean(source))
    number = pl.when(raw.str.contains(COMMA_DECIMAL)).then(raw.str.replace(",", "."))
    cell = cells.decimal(name, source)
    return replace(cell.with_value(number), expected="a number such as 25 or 12,5")


def _date(name: str, source: str, *, shape: str, form: str, example: str) -> Cell:
    """Give a date that is written in another order than the ISO one."""
    day = moments.shaped(pl.col(clean(source)), shape).str.to_date(form, strict=False)
    cell = cells.date(name, source)
    value = moments.date(day.dt.to_string())
    return replace(cell.with_value(value), expected=f"a date such as {example}")


def _time_or_code(name: str, source: str) -> Cell:
    """Give a time; words such as DNF in its place say that there is none."""
    cell = cells.duration_ms(name, source, highest=cells.INT32_MAX)
    words = pl.col(clean(source)).str.contains(outcome_cells.CODE)
    return replace(cell, no_value=words, expected=f"{cell.expected}, or a code")


def _code_beside_times(name: str, source: str) -> Cell:
    """Give the outcome of a column that holds times of those who have one."""
    cell = cells.outcome(name, source)
    is_code = pl.col(clean(source)).str.contains(outcome_cells.CODE)
    return replace(cell.with_value(pl.when(is_code).then(cell.value)), code="")


def _elapsed(name: str) -> dict[str, Make]:
    make = partial(cells.duration_ms, name, highest=cells.INT32_MAX)
    return {"time (1:34.570 or seconds)": make}


COMMA_DECIMAL = r"^-?[0-9]{1,6}(,[0-9]{1,3})?$"
#: A form that asks the mapping for its time zone.
LOCAL_TIME = "local time of the zone below"
#: Other forms of the text of some values, by what they are called to people.
FORMS: dict[str, dict[str, Make]] = {
    **{
        name: _elapsed(name)
        for name in (
            *("time_ms", "elapsed_ms", "sector1_ms", "sector2_ms", "sector3_ms"),
            *("total_time_ms", "fastest_lap_ms", "duration_ms"),
        )
    },
    "position": {"place or code (1, DNF)": partial(cells.place, "position")},
    "grid": {"place or code (1, PL)": partial(cells.place, "grid", lowest=0)},
    "total_time": {
        "time or code (1:10.20, DNF)": partial(_time_or_code, "total_time_ms")
    },
    "status": {
        "code among times (DNF)": partial(_code_beside_times, "status"),
        "outcome code (1, R, DNF)": partial(cells.outcome, "status"),
    },
    "points": {"decimal comma (12,5)": partial(_comma_decimal, "points")},
    "in_pit": {"B where it is": partial(cells.mark, "in_pit", mark="B")},
    "scheduled_start": {
        "any moment (epoch, ISO, UTC)": partial(cells.start, "scheduled_start"),
        LOCAL_TIME: partial(cells.start, "scheduled_start"),
    },
    "start_date": {
        "day/month/year": partial(
            _date,
            "start_date",
            shape=r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
            form="%d/%m/%Y",
            example="20/03/2022",
        ),
        "month/day/year": partial(
            _date,
            "start_date",
            shape=r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
            form="%m/%d/%Y",
            example="03/20/2022",
        ),
        "day.month.year": partial(
            _date,
            "start_date",
            shape=r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}",
            form="%d.%m.%Y",
            example="20.03.2022",
        ),
    },
}


def canonical_key(kind: str, name: str) -> str:
    """Name the key of a canonical row: `key` is its own, `number` a lap's or stop's."""
    if name in NUMBERED:
        return "number"
    is_outer = kind in ("venue", "team", "competitor") or name == "entrant"
    return "key" if is_outer else f"{name}_key"


def find(kind: str, name: str) -> Target | None:
    """Give the target of this name for rows of this kind."""
    found = of_kind(kind).get(name)
    if found:
        return found
    attribute = name.removeprefix(ATTRIBUTES)
    is_attribute = name.startswith(ATTRIBUTES) and 0 < len(attribute) <= 100
    if kind in WITHOUT_ATTRIBUTES or not is_attribute:
        return None
    return Target(name=name, forms={"text": partial(cells.text, name)})


@cache
def of_kind(kind: str) -> dict[str, Target]:
    """Give the targets of rows of this kind by name: keys, values, parents' values."""
    found = {key: Target(name=key, is_value=False) for key in KEYS_OF[kind]}
    for name, make in VALUES_OF[kind].items():
        found[name] = _target(name, make)
    for parent in PARENTS_OF[kind]:
        for name, make in VALUES_OF[parent].items():
            own = f"{parent}_{name}"
            found[own] = _target(own, make, parent=parent, value=name)
    return found


def _target(name: str, make: Make, *, parent: str = "", value: str = "") -> Target:
    forms = {"as it says": make} | FORMS.get(value or name, {})
    return Target(name=name, parent=parent, forms=forms)
