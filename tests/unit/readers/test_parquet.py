"""Typed columns become exact text; a small file never becomes a huge table."""

import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.errors import MalformedFile
from imports.readers import row_copy
from imports.readers.parquet_files import parquet
from tests.unit.readers.parts import Opened, opened


def data_of(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


def parse(*columns: pl.Series) -> Opened:
    return opened(parquet.open_parts, data_of(pl.DataFrame(columns)))[""]


def texts(values: list[Any], dtype: Any) -> list[str | None]:
    table = parse(pl.Series("v", values, dtype=dtype))
    return [cell for (cell,) in table.cells]


def test_rows_are_numbered_from_1() -> None:
    assert parse(pl.Series("a", ["x", "y"])).rows == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["x", "", None], pl.String, ["x", None, None]),
        (["x", "", None], pl.Categorical, ["x", None, None]),
        (["x", None], pl.Enum(["x"]), ["x", None]),
        ([True, False, None], pl.Boolean, ["true", "false", None]),
        ([2**64 - 1], pl.UInt64, ["18446744073709551615"]),
        ([57.0, 0.1, float("nan"), None], pl.Float64, ["57", "0.1", None, None]),
        ([float("inf"), -float("inf")], pl.Float64, ["inf", "-inf"]),
        ([57.0, 0.1], pl.Float32, ["57", "0.1"]),
        ([Decimal("1.50"), Decimal("10.00")], pl.Decimal(9, 2), ["1.5", "10"]),
        ([Decimal(100)], pl.Decimal(9, 0), ["100"]),
        ([date(2024, 3, 2)], pl.Date, ["2024-03-02"]),
        ([time(1, 2, 3, 400)], pl.Time, ["01:02:03.0004"]),
        ([None], pl.Null, [None]),
        ([b"abc", b"\xff\x01", None], pl.Binary, ["abc", "0xff01", None]),
        ([[1, 2], [], None], pl.List(pl.Int64), ["[1,2]", "[]", None]),
        ([[{"a": "x"}]], pl.List(pl.Struct({"a": pl.String})), ['[{"a":"x"}]']),
    ],
)
def test_types_as_text(values: list[Any], dtype: Any, expected: list[str]) -> None:
    assert texts(values, dtype) == expected


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (None, ["2024-07-02T15:03:42.342", "1960-01-01T00:00:00.5"]),
        ("UTC", ["2024-07-02T15:03:42.342Z", "1960-01-01T00:00:00.5Z"]),
        ("Europe/London", ["2024-07-02T14:03:42.342Z", "1960-01-01T00:00:00.5Z"]),
    ],
)
def test_moments(unit: Any, zone: str | None, expected: list[str]) -> None:
    moments = [
        datetime.fromisoformat("2024-07-02T15:03:42.342"),
        datetime.fromisoformat("1960-01-01T00:00:00.500"),
    ]
    column = pl.Series("v", moments, dtype=pl.Datetime(unit))
    if zone:
        column = column.dt.replace_time_zone(zone)

    assert parse(column).cells == [(text,) for text in expected]


@given(
    ticks=st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=5),
    unit=st.sampled_from(["ms", "us", "ns"]),
)
def test_durations_are_exact_seconds(ticks: list[int], unit: Any) -> None:
    per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    column = pl.Series("v", ticks, dtype=pl.Int64).cast(pl.Duration(unit))

    cells = [cell or "" for (cell,) in parse(column).cells]

    assert [Fraction(cell) for cell in cells] == [
        Fraction(t, per_second) for t in ticks
    ]
    assert not any(
        cell.endswith(".") or ("." in cell and cell[-1] == "0") for cell in cells
    )


def test_duration_of_a_lap() -> None:
    laps = [timedelta(seconds=97, milliseconds=284), timedelta(milliseconds=-500), None]

    assert texts(laps, pl.Duration("ns")) == ["97.284", "-0.5", None]


def test_fields_of_a_struct_are_columns() -> None:
    rows = [{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}, None]

    table = parse(pl.Series("s", rows))

    assert table.columns == ("s.a", "s.b.c")
    assert table.cells == [("1", "x"), (None, None), (None, None)]


def test_file_without_rows_has_its_columns() -> None:
    table = parse(pl.Series("a", [], dtype=pl.Int64))

    assert (table.columns, table.rows) == (("a",), [])


@pytest.mark.parametrize("sixteenths", range(1, 16))
def test_file_that_is_cut_off_is_refused(sixteenths: int) -> None:
    data = data_of(pl.DataFrame({"a": ["x", "y"] * 50, "b": range(100)}))

    with pytest.raises(MalformedFile, match="cannot be read"):
        opened(parquet.open_parts, data[: len(data) * sixteenths // 16])


def test_footer_that_lies_about_its_length_is_refused() -> None:
    data = data_of(pl.DataFrame({"a": [1]}))

    with pytest.raises(MalformedFile, match="cannot be read"):
        opened(parquet.open_parts, data[:-8] + b"\xff\xff\xff\x7f" + data[-4:])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"s": ["x" * 900_000] * 1_000}, "stand for a table of"),
        ({"s": ["x" * 1_000_001]}, "1,000,001 bytes"),
        ({"s": [["x" * 1_000_001]]}, "1,000,001 bytes"),
        ({"s": [{"t": "x" * 1_000_001}]}, "1,000,001 bytes"),
        ({"\x1frow number": [1]}, "visible characters"),
        ({"a.b": [1], "a": [{"b": 2}]}, "'a.b'"),
        ({"a": [[b"x"]]}, "lists of bytes"),
        ({f"c{n}": [1] for n in range(row_copy.MAX_COLUMNS + 1)}, "2,001 columns"),
    ],
)
def test_file_that_is_refused(frame: dict[str, list[Any]], words: str) -> None:
    data = data_of(pl.DataFrame(frame))

    with pytest.raises(MalformedFile, match=words):
        opened(parquet.open_parts, data)


def test_few_words_do_not_stand_for_gigabytes() -> None:
    words = pl.Series("s", ["x" * 200_000] * 2_000, dtype=pl.Categorical)

    with pytest.raises(MalformedFile, match="stand for a table of"):
        parse(words)


def test_few_bytes_do_not_stand_for_millions_of_rows() -> None:
    data = data_of(pl.select(pl.repeat(1, 40_000_000).alias("a")))

    with pytest.raises(MalformedFile, match="stand for a table of"):
        opened(parquet.open_parts, data)


@pytest.mark.parametrize("said", [35, 2])
def test_number_of_rows_that_the_file_states_is_not_believed(said: int) -> None:
    data = data_of(pl.DataFrame({"a": ["x", "y", "z"]}))
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    # In the footer, the first number of 64 bits: Thrift writes 3 as 6.
    place = data.index(b"\x16\x06", footer)
    lie = data[:place] + bytes([0x16, said * 2]) + data[place + 2 :]

    with pytest.raises(MalformedFile, match=f"it has {said} rows and holds 3"):
        opened(parquet.open_parts, lie)
