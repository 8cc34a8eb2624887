"""Text cells become typed values or mistakes; nothing is guessed."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.layouts import cells
from imports.layouts.cells import DAY_MS, Cell
from races.models import Entrant, Meeting, PitStop, Race
from tests.unit.layouts.read_cells import WRONG, Maker, read


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1:34.570", 94_570),
        ("94.57", 94_570),
        ("0:59.9", 59_900),
        ("1:31:12.345", 5_472_345),
        ("00:01:31.531", 91_531),
        ("12", 12_000),
        ("0", 0),
        ("75:12.000", 4_512_000),
        ("5400.001", 5_400_001),
        ("24:00:00.000", DAY_MS),
        (None, None),
    ],
)
def test_duration_is_read_in_each_form_that_sheets_use(
    text: str | None, milliseconds: int | None
) -> None:
    assert read(cells.duration_ms, text) == [milliseconds]


@pytest.mark.parametrize(
    "text",
    [
        "1:75.000",
        "1:60.000",
        "1:75:12.000",
        "abc",
        "\\N",
        "-1:34.570",
        "+1:34.570",
        "1:34.5701",
        "1:34:570",
        "1:34.",
        ":34.570",
        "1::34",
        "1:2:3:4",
        "24:00:00.001",
        "999999999",
        "9" * 30,
        "1 34.570",
        "1:34.570\x00",
        "1:34.570 s",
        "1e3",
        "NaN",
        "inf",
        "１:34.570",  # noqa: RUF001
        "1:３4.570",  # noqa: RUF001
        "1:34.５",  # noqa: RUF001
        "٣:34.5",
    ],
)
def test_what_is_no_duration_is_wrong(text: str) -> None:
    assert read(cells.duration_ms, text) == [WRONG]


def test_one_wrong_duration_leaves_the_others() -> None:
    assert read(cells.duration_ms, "1:34.570", "٣:34.5", "12") == [
        94_570,
        WRONG,
        12_000,
    ]


def as_seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03}"


def as_minutes(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def as_hours(ms: int) -> str:
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{as_seconds(ms % 60_000):0>6}"


def as_padded_hours(ms: int) -> str:
    return as_hours(ms).zfill(12)


def without_trailing_zeros(ms: int) -> str:
    return as_minutes(ms).rstrip("0").rstrip(".")


@given(ms=st.integers(0, DAY_MS))
@pytest.mark.parametrize(
    "form",
    [as_seconds, as_minutes, as_hours, as_padded_hours, without_trailing_zeros],
)
def test_duration_of_a_day_is_read_back_to_the_millisecond(
    form: Callable[[int], str], ms: int
) -> None:
    assert read(cells.duration_ms, form(ms)) == [ms]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("57.0", 57),
        ("2147483647", 2_147_483_647),
        (None, None),
    ],
)
def test_whole_number_is_read(text: str | None, number: int | None) -> None:
    assert read(cells.whole, text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "2147483648",
        "9223372036854775808",
        "9" * 40,
        "12.5",
        "1,000",
        "1_000",
        "1e3",
        "0x10",
        "１２",  # noqa: RUF001
        "٣",
        "",
        "\\N",
        "seven",
        "NaN",
        "1 2",
        "1\x00",
    ],
)
def test_what_is_no_whole_number_is_wrong(text: str) -> None:
    assert read(cells.whole, text) == [WRONG]


def test_small_number_fits_a_smallint() -> None:
    assert read(cells.small, "32767", "32768") == [32_767, WRONG]


def test_milliseconds_are_at_most_a_day() -> None:
    assert read(cells.milliseconds, "86400000", "86400001") == [DAY_MS, WRONG]


@given(number=st.integers(-(2**70), 2**70))
def test_whole_number_in_bounds_is_itself_and_beyond_is_wrong(number: int) -> None:
    expected = number if 0 <= number < 2**31 else WRONG

    assert read(cells.whole, str(number)) == [expected]


@pytest.mark.parametrize(
    "text", ["2022-03-20", "1850-01-01", "2099-12-31", "2024-02-29"]
)
def test_date_is_kept_as_it_is_written(text: str) -> None:
    assert read(cells.date, text) == [text]


def number_text(name: str, source: str) -> Cell:
    return cells.number_text(cells.text(name, source))


@pytest.mark.parametrize(
    "text",
    ["2025-07-17T00:00:00Z", "2025-07-17T00:00:00", "2025-07-17 00:00:00.000"],
)
def test_date_that_is_written_as_its_midnight_is_the_date(text: str) -> None:
    assert read(cells.date, text) == ["2025-07-17"]


def test_date_gets_the_zeros_that_it_lacks() -> None:
    assert read(cells.date, "2022-3-5") == ["2022-03-05"]


@pytest.mark.parametrize(
    ("make", "text", "value"),
    [
        (cells.gap, "+69.907", "+1:09.907"),
        (cells.gap, "+1 Lap", "+1 Lap"),
        (cells.gap, "x" * 51, WRONG),
        (cells.gap, None, None),
        (cells.clock_text, "87:57.940", "1:27:57.940"),
        (number_text, "238.430", "238.43"),
        (number_text, "fast\x00", WRONG),
    ],
)
def test_text_has_one_form(make: Maker, text: str | None, value: str | None) -> None:
    assert read(make, text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01",
        "0001-01-01",
        "1849-12-31",
        "2100-01-01",
        "10000-01-01",
        "2022-02-30",
        "2023-02-29",
        "2022-13-01",
        "20/03/2022",
        "2022-03-20T00:00:01",
        "2022-03-20T12:00:00Z",
        "-0044-03-15",
        "0044-03-15 BC",
        "infinity",
        "45000",
        "2025-02-29T00:00:00Z",
        "20220320",
        "+2022-03-20",
        "2022- 3-20",
        "２022-03-20",  # noqa: RUF001
        "yesterday",
    ],
)
def test_what_is_no_date_is_wrong(text: str) -> None:
    assert read(cells.date, text) == [WRONG]


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-20T15:00:00Z",
        "2022-03-20T15:00:00+02:00",
        "2022-03-20T15:00:00-09:30",
        "2022-03-20T15:00:00.123Z",
        "2022-03-20 15:00:00Z",
    ],
)
def test_moment_with_an_offset_is_kept_as_it_is_written(text: str) -> None:
    assert read(cells.moment, text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-20T15:00:00",
        "2022-03-20",
        "2022-03-20T25:00:00Z",
        "2022-03-20T15:00:60Z",
        "2022-02-30T15:00:00Z",
        "2022-03-20T15:00:00+25:00",
        "2022-03-20T15:00:00 +00:00",
        "+2022-03-20T15:00:00Z",
        "2022-03-20T15:00:00−02:00",  # noqa: RUF001
        "1849-12-31T23:59:59Z",
        "2099-12-31T23:59:59-05:00",
        "now",
    ],
)
def test_what_is_no_moment_is_wrong(text: str) -> None:
    assert read(cells.moment, text) == [WRONG]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18:26:35", "18:26:35"),
        ("00:00:00", "00:00:00"),
        ("18:26:35.5", "18:26:35.5"),
        ("24:00:00", "00:00:00"),
        ("26:22:00", "02:22:00"),
        ("47:59:59.25", "23:59:59.25"),
        ("48:00:00", WRONG),
        ("26:60:00", WRONG),
        ("12:50:00 NZST", WRONG),
        ("23:59:60", WRONG),
        ("18:26", WRONG),
        ("18:26:35Z", WRONG),
        ("6 pm", WRONG),
        ("18: 6:35", WRONG),
    ],
)
def test_time_of_day_is_a_clock_time(text: str, value: str) -> None:
    assert read(cells.time_of_day, text) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25", "25"),
        ("12.5", "12.5"),
        ("-1", "-1"),
        ("999999.999", "999999.999"),
        ("1000000", WRONG),
        ("1.2345", WRONG),
        ("NaN", WRONG),
        ("Infinity", WRONG),
        ("1e5", WRONG),
        (".5", WRONG),
        ("1,5", WRONG),
        ("１２", WRONG),  # noqa: RUF001
    ],
)
def test_decimal_has_at_most_six_digits_and_three_places(text: str, value: str) -> None:
    assert read(cells.decimal, text) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ["true", "TRUE", "t", "yes", "Y", "1"]),
        *((word, False) for word in ["false", "False", "f", "NO", "n", "0"]),
        *((word, WRONG) for word in ["2", "on", "ja", "truee", "-"]),
        (None, None),
    ],
)
def test_switch_is_true_or_false_or_wrong(text: str | None, value: object) -> None:
    assert read(cells.switch, text) == [value]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("007", "007"),
        ("7", "7"),
        ("7A", "7A"),
        ("e\u0301", "\u00e9"),
        ("\u6f22\u5b57", "\u6f22\u5b57"),
        ("k" * 200, "k" * 200),
        ("e\u0301" * 200, "\u00e9" * 200),
        ("k" * 201, WRONG),
        ("7\x007", WRONG),
        (None, WRONG),
    ],
)
def test_key_is_kept_as_written_in_nfc(text: str | None, key: str) -> None:
    assert read(cells.key, text) == [key]


@given(text=st.text(st.characters(exclude_characters="\x00"), max_size=200))
def test_text_is_the_nfc_of_what_is_written(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)

    assert read(cells.text, text) == [normal if len(normal) <= 300 else WRONG]


def test_empty_cell_is_wrong_only_where_it_is_required() -> None:
    assert read(cells.whole, None) == [None]
    assert read(lambda name, source: cells.whole(name, source).required(), None) == [
        WRONG
    ]


@st.composite
def slips(draw: st.DrawFn) -> str:
    """Give a date, moment, clock time or number with a character put in or changed."""
    dates = st.dates(dt.date(1840, 1, 1), dt.date(2110, 1, 1)).map(str)
    moments = st.datetimes(timezones=st.timezones()).map(str)
    numbers = st.decimals(allow_nan=False).map(str)
    text = draw(st.one_of(dates, moments, st.times().map(str), numbers))
    at = draw(st.integers(0, len(text)))
    slip = draw(st.text("069-+:.TZ ,\u0663\uff13", max_size=2))
    return text[:at] + slip + text[at + draw(st.integers(0, 2)) :]


@given(text=slips())
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (cells.date, Meeting._meta.get_field("start_date")),
        (cells.moment, Race._meta.get_field("scheduled_start")),
        (cells.time_of_day, PitStop._meta.get_field("time_of_day")),
        (cells.decimal, Entrant._meta.get_field("points")),
    ],
)
def test_text_that_a_cell_takes_is_one_that_the_model_takes(
    make: Maker, field: Any, text: str
) -> None:
    [value] = read(make, text.strip())

    if value != WRONG:
        assert field.to_python(value) is not None
