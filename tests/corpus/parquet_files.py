"""Parquet: no rows, lying lengths, odd types, columns that stand for gigabytes."""

import io
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from tests.corpus import good
from tests.corpus.bad_file import LAPS, BadFile

KEYS = {"meeting": "Ashford", "race": "1", "entrant": "7"}


def _table(lap: pl.Series, time: pl.Series | None = None) -> bytes:
    count = len(lap)
    times = time if time is not None else pl.Series(["1:31.000"] * count)
    frame = pl.DataFrame(
        [
            *(pl.Series(n, [v] * count) for n, v in KEYS.items()),
            lap.alias("lap"),
            times.alias("time"),
        ]
    )
    return good.parquet_of(frame)


def _typed(
    name: str,
    lap: pl.Series,
    code: str = "",
    fault: str = "F75",
    time: pl.Series | None = None,
) -> BadFile:
    count = len(lap)
    return BadFile(
        f"{name}.parquet",
        lambda: _table(lap, time),
        fault,
        rows=count,
        rejections=tuple((n + 1, code) for n in range(count)) if code else (),
    )


def _frame(name: str, frame: pl.DataFrame, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.parquet", lambda: good.parquet_of(frame), fault, **expected)  # type: ignore[arg-type]


def _footer_says(size: int) -> bytes:
    return good.parquet()[:-8] + size.to_bytes(4, "little") + b"PAR1"


def _footer_noise() -> bytes:
    data = good.parquet()
    size = int.from_bytes(data[-8:-4], "little")
    return data[: -8 - size] + bytes(n * 37 % 251 for n in range(size)) + data[-8:]


def _pages_noise() -> bytes:
    data = good.parquet()
    return data[:20] + bytes(n * 37 % 251 for n in range(200)) + data[220:]


def _repeated(rows: int, text: str, **options: object) -> bytes:
    """Give a column of one text, written as one text and how often it comes."""
    target = io.BytesIO()
    frame = pl.select(pl.repeat(text, rows).alias("meeting")).lazy()
    frame.sink_parquet(target, **options)  # type: ignore[call-overload]
    return target.getvalue()


def _numbers(rows: int) -> bytes:
    target = io.BytesIO()
    pl.select(pl.repeat(7, rows, dtype=pl.Int64).alias("lap")).lazy().sink_parquet(
        target
    )
    return target.getvalue()


EMPTY = pl.DataFrame(schema=dict.fromkeys(LAPS.split(","), pl.String))
NESTED = pl.DataFrame({"meeting": [{"key": "A", "name": "B"}], "lap": [[1, 2]]})

FILES = [
    _frame("no_rows", EMPTY, "F50", error="empty_file", says="no rows"),
    _frame("no_columns", pl.DataFrame(), "F50", error="empty_file", says="no columns"),
    _frame(
        "column_missing",
        EMPTY.drop("lap"),
        "F75",
        error="unknown_layout",
        says="'time'",
    ),
    _frame("nested", NESTED, "F75", error="unknown_layout"),
    _frame(
        "odd_name",
        pl.DataFrame({"a\0b": [1]}),
        "F54",
        error="malformed_file",
        says="visible characters",
    ),
    _frame(
        "empty_name",
        pl.DataFrame({" ": [1]}),
        "F59",
        error="unknown_layout",
        says="'column 1'",
    ),
    _frame(
        "same_path_twice",
        pl.DataFrame({"a.b": [1], "a": [{"b": 2}]}),
        "F59",
        error="malformed_file",
        says="'a.b'",
    ),
    _frame(
        "lists_of_bytes",
        pl.DataFrame({"lap": [[b"\xff"]]}),
        "F75",
        error="malformed_file",
        says="'lap'",
    ),
    _frame(
        "columns_3k",
        pl.DataFrame({f"c{n}": [n] for n in range(3_000)}),
        "F78",
        error="malformed_file",
        says="2,000",
    ),
    BadFile(
        "footer_short.parquet",
        lambda: _footer_says(1),
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "footer_zero.parquet",
        lambda: _footer_says(0),
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "footer_long.parquet",
        lambda: _footer_says(0x7FFFFFFF),
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "footer_huge.parquet",
        lambda: _footer_says(0xFFFFFFFF),
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "footer_noise.parquet",
        _footer_noise,
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile("pages_noise.parquet", _pages_noise, "F75", error="malformed_file"),
    BadFile(
        "only_magic.parquet",
        lambda: b"PAR1",
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "magic_twice.parquet",
        lambda: b"PAR1PAR1",
        "F75",
        error="malformed_file",
        says="cut off",
    ),
    BadFile(
        "encrypted_magic.parquet",
        lambda: b"PARE" + good.parquet()[4:-4] + b"PARE",
        "F75",
        error="unknown_format",
        says="encrypted",
    ),
    _typed("lap_nan", pl.Series([float("nan")]), "missing_value", "F61"),
    _typed(
        "lap_infinite",
        pl.Series([float("inf"), -float("inf"), 1e300]),
        "not_a_whole_number",
        "F61",
    ),
    _typed("lap_whole_floats", pl.Series([1.0, 2.0]), "", "F76"),
    _typed(
        "lap_huge", pl.Series([2**64 - 1], dtype=pl.UInt64), "not_a_whole_number", "F61"
    ),
    _typed(
        "lap_int128", pl.Series([2**100], dtype=pl.Int128), "not_a_whole_number", "F61"
    ),
    _typed("lap_decimal", pl.Series([Decimal("3.00")], dtype=pl.Decimal(9, 2))),
    _typed(
        "lap_decimal_part",
        pl.Series([Decimal("3.50")], dtype=pl.Decimal(9, 2)),
        "not_a_whole_number",
    ),
    _typed("lap_bool", pl.Series([True]), "not_a_whole_number"),
    _typed("lap_date", pl.Series([date(2022, 3, 20)]), "not_a_whole_number", "F64"),
    _typed("lap_list", pl.Series([[1]]), "not_a_whole_number"),
    _typed(
        "lap_binary", pl.Series([b"\xff\xfe", b"\x00"]), "not_a_whole_number", "F53"
    ),
    _typed("lap_all_null", pl.Series([None, None]), "missing_value"),
    _typed(
        "time_duration",
        pl.Series([1, 2]),
        "",
        time=pl.Series([timedelta(seconds=91), timedelta(0)]),
    ),
    _typed(
        "time_negative",
        pl.Series([1]),
        "negative_time",
        time=pl.Series([timedelta(seconds=-1)]),
    ),
    _typed(
        "time_moment",
        pl.Series([1]),
        "not_a_time",
        "F64",
        time=pl.Series([date(2022, 3, 20)], dtype=pl.Datetime("ms")),
    ),
    _typed(
        "time_far",
        pl.Series([1]),
        "not_a_time",
        "F64",
        time=pl.Series([2**62], dtype=pl.Datetime("us")),
    ),
    _typed("time_nul", pl.Series([1]), "not_a_time", "F54", time=pl.Series(["1:31\0"])),
    BadFile(
        "text_bomb.parquet",
        lambda: _repeated(2_000, "a" * 1_000_000),
        "F74",
        error="malformed_file",
        says="stand for a table",
        is_heavy=True,
    ),
    BadFile(
        "text_bomb_small.parquet",
        lambda: _repeated(3_000, "a" * 100_000),
        "F74",
        error="malformed_file",
        says="stand for a table",
    ),
    BadFile(
        "long_cell.parquet",
        lambda: _repeated(1, "a" * 2_000_000),
        "F57",
        error="malformed_file",
        says="2,000,000 bytes",
    ),
    BadFile(
        "rows_60m.parquet",
        lambda: _numbers(60_000_000),
        "F73",
        error="malformed_file",
        says="50,000,000",
        is_heavy=True,
    ),
    BadFile(
        "run_bomb.parquet",
        lambda: _numbers(45_000_000),
        "F73",
        error="malformed_file",
        says="stand for a table",
        is_heavy=True,
    ),
    BadFile(
        "dictionary_bomb.parquet",
        lambda: _repeated(40_000, "b" * 500_000, row_group_size=1_000),
        "F74",
        error="malformed_file",
        says="stand for a table",
        is_heavy=True,
    ),
]
