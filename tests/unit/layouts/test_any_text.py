"""Whatever a cell holds: a value that the database can hold, or a mistake."""

from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.layouts import cells
from races.models import Entrant, Meeting, PitStop, Race
from tests.unit.layouts.read_cells import WRONG, Maker, mistake, read

MAKERS: dict[str, Maker] = {
    "text": cells.text,
    "raw": cells.raw,
    "key": cells.key,
    "whole": cells.whole,
    "small": cells.small,
    "count": cells.count,
    "decimal": cells.decimal,
    "milliseconds": cells.milliseconds,
    "timedelta_ms": cells.timedelta_ms,
    "percent": cells.percent,
    "dollars": partial(cells.money, unit="dollars"),
    "cents": partial(cells.money, unit="cents"),
    "duration_ms": cells.duration_ms,
    "plus": partial(cells.duration_ms, takes_plus=True),
    "clock_text": cells.clock_text,
    "gap": cells.gap,
    "date": cells.date,
    "time_of_day": cells.time_of_day,
    "moment": cells.moment,
    "start": cells.start,
    "local start": partial(cells.start, timezone="Europe/London"),
    "laps": lambda name, source: cells.laps_and_time(name, "time", source)[0],
    "time": lambda name, source: cells.laps_and_time("laps", name, source)[1],
    "place": cells.place,
    "outcome": cells.outcome,
    "switch": cells.switch,
    "mark": partial(cells.mark, mark="B"),
}

#: Pieces that forms are made of, so that most texts nearly are one.
WORDS = "P T H M S D : . , + - / % B DH R DNF Z UTC Lap 平頭 am pm e inf NaN"
PIECES = st.lists(
    st.one_of(
        st.sampled_from(WORDS.split()),
        st.sampled_from(["Nov 16, 2025 at ", "2025-07-17", "00:50:00", " +0000 UTC"]),
        st.sampled_from(["\x00", " ", "٣", "１"]),  # noqa: RUF001
        st.integers(0, 10**20).map(str),
        st.integers(0, 99).map("{:02}".format),
    ),
    max_size=7,
).map("".join)
TEXTS = st.one_of(PIECES, st.text(max_size=60), st.floats().map(str))
#: Many at once: building the expressions is what takes time.
COLUMNS = st.lists(TEXTS, min_size=1, max_size=20)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@settings(max_examples=25)
@given(texts=COLUMNS)
def test_any_text_is_a_storable_value_or_a_mistake(
    make: Maker, texts: list[str]
) -> None:
    values = read(make, *texts)

    for value in values:
        assert is_storable(value)
    if WRONG in values:
        assert all(mistake(make, texts[values.index(WRONG)]))


def is_storable(value: object) -> bool:
    """Whether PostgreSQL can hold a value: text without NUL, a non-negative int4."""
    if isinstance(value, str):
        return "\x00" not in value and len(value) <= 300
    if isinstance(value, bool) or value is None:
        return True
    return isinstance(value, int) and 0 <= value <= cells.INT32_MAX


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (cells.start, Race._meta.get_field("scheduled_start")),
        (MAKERS["local start"], Race._meta.get_field("scheduled_start")),
        (cells.time_of_day, PitStop._meta.get_field("time_of_day")),
        (cells.date, Meeting._meta.get_field("start_date")),
        (cells.place, Entrant._meta.get_field("position")),
        (cells.outcome, Entrant._meta.get_field("status")),
    ],
)
@settings(max_examples=25)
@given(texts=COLUMNS)
def test_value_is_one_that_the_model_takes(
    make: Maker, field: Any, texts: list[str]
) -> None:
    for value in read(make, *texts):
        if value not in (WRONG, None):
            field.clean(value, None)


def test_key_that_is_said_of_the_file_is_in_nfc() -> None:
    cell = cells.said("meeting_key", "meeting")
    rows = pl.DataFrame({cells.said_column("meeting"): ["Cafe\u0301 1 ", "k" * 201]})

    values = rows.select(cell.value, cell.is_wrong.alias("wrong")).rows()

    assert values[0][0] == "Caf\u00e9 1"
    assert values[1][0] is None
