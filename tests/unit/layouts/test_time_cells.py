"""Times in the forms of all sources; what could be two times is none."""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.layouts import cells
from imports.layouts.cells import INT32_MAX
from tests.unit.layouts.read_cells import WRONG, Maker, mistake, read, read_cell

LONG = partial(cells.duration_ms, highest=INT32_MAX)
AUCKLAND = partial(cells.start, timezone="Pacific/Auckland")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("PT1M27.452S", 87_452),
        ("PT2M49.888S", 169_888),
        ("PT13.341S", 13_341),
        ("PT1H2M3.4S", 3_723_400),
        ("PT97.284S", 97_284),
        ("PT75M", 4_500_000),
        ("PT1H", 3_600_000),
        ("PT1H5S", 3_605_000),
        ("P0DT00H01M31.531000S", 91_531),
        ("P1D", 86_400_000),
        ("PT1M27,452S", 87_452),
        ("00:00:24.91", 24_910),
        ("0.37.15", 37_150),
        ("1.09.86", 69_860),
        ("1:34,570", 94_570),
        ("94,57", 94_570),
        ("97.284000000", 97_284),
        ("1:34.570000", 94_570),
        ("106.73", 106_730),
        ("11.1738", 11_174),
        ("6.603999999999999", 6_604),
        ("106.73000000000002", 106_730),
        ("0.0005", 1),
        ("1.0025", 1_003),
        ("38.17", 38_170),
        ("30:31.382", 1_831_382),
        ("1:23:54.543", 5_034_543),
    ],
)
def test_duration_is_read_in_the_forms_of_machines(text: str, ms: int) -> None:
    assert read(cells.duration_ms, text) == [ms]


@pytest.mark.parametrize(
    "text",
    [
        *("P", "PT", "P1DT", "PT1.5M", "PT1S2M", "pt1s", "P1Y", "P1M", "T1S", "PT-1S"),
        *("PT1M27.4521S", "1:34.5701", "1:34,5701", "P0:01:02"),
        *("0.7.15", "0.60.15", "0.37.1555", "1.0.37.15", "0.37.15.", ".37.15"),
        *("1,234,567", "1:34,5,7", "1,34.570", ",5", "5,", "1.5,5"),
        *("+17.973", "1e-05", "0." + "1" * 19, "-", "---", "24:00:00.001"),
    ],
)
def test_what_is_near_to_a_duration_is_wrong(text: str) -> None:
    assert read(cells.duration_ms, text) == [WRONG]


@pytest.mark.parametrize(
    ("text", "ms"),
    [("+17.973", 17_973), ("+1:02.345", 62_345), ("1.5", 1_500), ("++1.5", WRONG)],
)
def test_plus_is_read_where_the_layout_asks_for_it(text: str, ms: object) -> None:
    assert read(partial(cells.duration_ms, takes_plus=True), text) == [ms]


@pytest.mark.parametrize("text", ["-1:34.570", "-0.5", "-PT1S", "-94,57"])
def test_negative_duration_has_a_code_of_its_own(text: str) -> None:
    assert mistake(cells.duration_ms, text)[0] == "negative_time"


@pytest.mark.parametrize("text", ["abc", "-abc", "--1", "1:75.000"])
def test_what_is_no_time_is_not_called_negative(text: str) -> None:
    assert mistake(cells.duration_ms, text)[0] == "not_a_time"


def milliseconds_of(text: str) -> int | None:
    """Read a duration in plain Python, form after form."""
    if found := re.fullmatch(r"(\d{1,3})\.([0-5]\d)\.(\d{1,3})", text):
        text = "{}:{}.{}".format(*found.groups())
    text = text.replace(",", ".") if text.count(",") + text.count(".") == 1 else text
    if re.fullmatch(r"\d{1,9}(\.\d{1,18})?", text):
        return int((Decimal(text) * 1000).quantize(Decimal(1), ROUND_HALF_UP))
    if not re.fullmatch(r"(\d{1,3}:)?\d{1,4}:\d{1,2}(\.\d{1,3}0*)?", text):
        return None
    *hours, minutes, seconds = text.split(":")
    if Decimal(seconds) >= 60 or (hours and int(minutes) >= 60):
        return None
    whole = int(hours[0]) * 60 + int(minutes) if hours else int(minutes)
    return int((whole * 60 + Decimal(seconds)) * 1000)


@given(text=st.from_regex(r"\A([0-9]{1,2}[:.,]){0,3}[0-9]{1,8}\Z"))
def test_duration_is_what_plain_python_reads(text: str) -> None:
    total = milliseconds_of(text)
    expected = total if total is not None and total <= INT32_MAX else WRONG

    assert read(LONG, text) == [expected]


@given(ms=st.integers(0, 86_400_000))
def test_float_of_seconds_is_its_milliseconds(ms: int) -> None:
    noisy = format((ms / 1000 + 0.1) - 0.1, ".15f")

    assert read(cells.duration_ms, noisy) == [ms]


@given(delta=st.timedeltas(dt.timedelta(0), dt.timedelta(hours=24)))
def test_iso_duration_is_its_milliseconds(delta: dt.timedelta) -> None:
    ms = delta // dt.timedelta(milliseconds=1)
    hours, minutes, rest = ms // 3_600_000, ms // 60_000 % 60, ms % 60_000
    text = f"PT{hours}H{minutes}M{rest // 1000}.{rest % 1000:03}S"

    assert read(LONG, text) == [ms]


@pytest.mark.parametrize(
    ("text", "laps", "ms"),
    [
        ("47/30:31.382", 47, 1_831_382),
        ("48 / 30:32.160", 48, 1_832_160),
        ("0", 0, None),
        ("12", 12, None),
        (None, None, None),
        ("47/", WRONG, WRONG),
        ("/30:31.382", WRONG, WRONG),
        ("47/30:75.382", WRONG, WRONG),
        ("47/-30:31.382", WRONG, WRONG),
        ("47/30:31.382/2", WRONG, WRONG),
        ("30:31.382", WRONG, WRONG),
        ("x", WRONG, WRONG),
    ],
)
def test_laps_and_time_are_two_cells_of_one(
    text: str | None, laps: object, ms: object
) -> None:
    of_laps, of_time = cells.laps_and_time("laps_completed", "total_time_ms", "cell")

    assert (of_laps.name, of_time.name) == ("laps_completed", "total_time_ms")
    assert read_cell(of_laps, text) == [laps]
    assert read_cell(of_time, text) == [ms]


@pytest.mark.parametrize(
    "text",
    [
        *("0.000", "12.052", "1 Lap", "3 Laps", "13 Laps", "+1 Lap", "+2 Laps"),
        *("Lapped", "NSE", "LG NK", "1-3/4L", "2-1/4L", "SH", "DH", "鼻位", "短頭位"),
    ],
)
def test_gap_in_laps_or_lengths_is_the_text_of_the_source(text: str) -> None:
    assert read(cells.gap, text) == [text]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("1752745659", "2025-07-17T09:47:39Z"),
        ("1752745659058", "2025-07-17T09:47:39.058Z"),
        ("2025-07-17T00:00:22Z", "2025-07-17T00:00:22Z"),
        ("2025-07-17T11:07:39.058303432Z", "2025-07-17T11:07:39.058303Z"),
        ("2025-07-17T23:59:59.999999999Z", "2025-07-17T23:59:59.999999Z"),
        ("2025-07-17T12:50:00+12:00", "2025-07-17T00:50:00Z"),
        ("2025-07-17T00:50-0930", "2025-07-17T10:20:00Z"),
        ("2025-07-17 00:50:00 +0000 UTC", "2025-07-17T00:50:00Z"),
        ("2025-07-17 12:50:00 +1200 NZST", "2025-07-17T00:50:00Z"),
        (None, None),
    ],
)
@pytest.mark.parametrize("make", [cells.start, AUCKLAND])
def test_start_with_its_offset_is_the_moment_in_utc(
    make: Maker, text: str | None, utc: str | None
) -> None:
    assert read(make, text) == [utc]


LOCAL = ["Nov 16, 2025 at 5:30pm", "2025-11-16 08:30:00", "2025-11-16T08:30"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Nov 16, 2025 at 5:30pm", "2025-11-16T04:30:00Z"),
        ("November 16, 2025 at 12:05AM", "2025-11-15T11:05:00Z"),
        ("2025-11-16 08:30:00", "2025-11-15T19:30:00Z"),
        ("2025-07-17T08:30", "2025-07-16T20:30:00Z"),
        ("2025-07-17T08:30:00.250", "2025-07-16T20:30:00.250Z"),
    ],
)
def test_local_start_is_read_with_the_zone_that_is_said(text: str, utc: str) -> None:
    assert read(AUCKLAND, text) == [utc]


@pytest.mark.parametrize("text", LOCAL)
def test_local_start_without_a_zone_says_what_is_missing(text: str) -> None:
    code, expected = mistake(cells.start, text)

    assert code == "no_timezone"
    assert "say the time zone of the file" in expected


@pytest.mark.parametrize("text", ["2025-09-28 02:30:00", "2025-04-06 02:30:00"])
def test_local_start_that_the_clocks_skip_or_double_is_wrong(text: str) -> None:
    assert mistake(AUCKLAND, text)[0] == "ambiguous_time"


@pytest.mark.parametrize(
    "text",
    [
        *("2025-07-17", "20250717", "202507171107", "0", "-1", "1752745659.5"),
        *("12:50:00 NZST", "26:22:00", "2025-07-17 24:00:00Z", "2025-02-29 10:00:00Z"),
        *("2025-07-17 00:50:60Z", "2025-07-17T00:50:00+25:00", "0000-01-01 10:00:00Z"),
        *("10000-01-01 10:00:00Z", "infinity", "1849-12-31 23:59:59Z", "now"),
        *("Nov 31, 2025 at 5:30pm", "Nov 16, 2025 at 17:30pm", "Nov 16, 2025"),
        *("2100-01-01T00:00:00Z", "9999999999999", "0044-03-15 10:00:00 BC"),
    ],
)
@pytest.mark.parametrize("make", [cells.start, AUCKLAND])
def test_what_is_no_start_is_wrong(make: Maker, text: str) -> None:
    assert mistake(make, text)[0] == "not_a_moment"


@given(
    moment=st.datetimes(
        dt.datetime(1851, 1, 1),  # noqa: DTZ001
        dt.datetime(2099, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([dt.UTC, ZoneInfo("Asia/Kolkata")]),
    )
)
def test_start_is_the_moment_that_python_reads(moment: dt.datetime) -> None:
    # Until 1906 Kolkata had seconds in its offset, which no source writes.
    text = moment.isoformat()
    if re.search(r"[+-]\d\d:\d\d:\d\d", text):
        return

    [utc] = read(cells.start, text)

    assert dt.datetime.fromisoformat(utc) == moment


@given(
    clock=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2037, 12, 31))  # noqa: DTZ001
)
def test_local_start_is_the_one_moment_of_that_clock(clock: dt.datetime) -> None:
    """Both folds of a clock are one moment, and it shows that clock; else wrong."""
    zone = ZoneInfo("Pacific/Auckland")
    first, second = (
        clock.replace(tzinfo=zone, fold=n).astimezone(dt.UTC) for n in (0, 1)
    )

    [utc] = read(AUCKLAND, clock.isoformat(sep=" "))

    assert (utc == WRONG) == (first != second)
    if utc != WRONG:
        assert dt.datetime.fromisoformat(utc) == first
