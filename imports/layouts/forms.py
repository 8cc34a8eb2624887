"""Text that files write in several forms -> the one form that is kept.

Two files that differ only in form state the same. What is not plainly of the kind
stays as it is written: nothing is guessed. Polars expressions, null stays null.
"""

import polars as pl

#: [h:][m:]s[.fff], as timing sheets write it; at most milliseconds.
#: Digits are 0-9 alone: \d also finds the digits of other scripts, which no cast reads.
DURATION = r"^(?:(?:([0-9]{1,3}):)?([0-9]{1,4}):)?([0-9]{1,9})(?:\.([0-9]{1,3}))?$"
DECIMAL = r"^(-?)0*([0-9]+)(?:\.([0-9]*?)0*)?$"
#: Zeros beyond the milliseconds say nothing.
BEYOND_MS = r"(\.[0-9]{3})0+$"


def milliseconds(text: pl.Expr) -> pl.Expr:
    """Give the milliseconds of a duration, null where the text is none."""
    parts = text.str.extract_groups(DURATION)
    hours, minutes, seconds, fraction = (
        parts.struct.field(str(n)) for n in range(1, 5)
    )
    total = (
        hours.cast(pl.Int64).fill_null(0) * 3_600_000
        + minutes.cast(pl.Int64).fill_null(0) * 60_000
        + seconds.cast(pl.Int64) * 1000
        + fraction.str.pad_end(3, "0").cast(pl.Int64).fill_null(0)
    )
    # 1:75.000 is a slip, 94.57 and 75:12.000 are how long sessions are written.
    is_clock = (minutes.is_null() | (seconds.cast(pl.Int64) < 60)) & (
        hours.is_null() | (minutes.cast(pl.Int64) < 60)
    )
    return pl.when(is_clock).then(total)


def clock_time(text: pl.Expr) -> pl.Expr:
    """Write times alike: `1:27:57.940`, and a gap as `+5.598` or `+1:09.907`.

    A time has a colon, or a plus and a point. `+1`, `12.052`, `+1 Lap` and `1-3/4L`
    may be laps or lengths: they stay.
    """
    has_plus = text.str.starts_with("+")
    total = milliseconds(
        text.str.strip_prefix("+").str.replace(BEYOND_MS, "${1}", literal=False)
    )
    is_time = text.str.contains(":", literal=True) | (
        has_plus & text.str.contains(".", literal=True)
    )
    sign = pl.when(has_plus).then(pl.lit("+")).otherwise(pl.lit(""))
    written = pl.when(total.is_not_null() & is_time).then(sign + _written(total))
    return pl.coalesce(written, text)


def gap(text: pl.Expr) -> pl.Expr:
    """Write a gap as `clock_time` does, always with its plus where it is a time."""
    bare = text.str.contains(":", literal=True) & milliseconds(text).is_not_null()
    return clock_time(pl.when(bare).then(pl.lit("+") + text).otherwise(text))


def decimal(text: pl.Expr) -> pl.Expr:
    """Write decimals alike: `238.430` and `0238.43` as `238.43`, `-0.0` as `0`."""
    parts = text.str.extract_groups(DECIMAL)
    sign, whole, fraction = (parts.struct.field(str(n)) for n in range(1, 4))
    fraction = fraction.fill_null("")
    point = pl.when(fraction != "").then(pl.lit(".") + fraction).otherwise(pl.lit(""))
    size = whole + point
    written = pl.when(size == "0").then(size).otherwise(sign + size)
    return pl.coalesce(written, text)


def _written(total: pl.Expr) -> pl.Expr:
    """Give milliseconds as `s.fff`, `m:ss.fff` or `h:mm:ss.fff`."""
    hours, minutes = total // 3_600_000, total // 60_000 % 60
    seconds, fraction = total // 1000 % 60, _padded(total % 1000, 3)
    tail = pl.lit(".") + fraction
    return (
        pl.when(total < 60_000)
        .then(seconds.cast(pl.String) + tail)
        .when(total < 3_600_000)
        .then(minutes.cast(pl.String) + ":" + _padded(seconds, 2) + tail)
        .otherwise(
            hours.cast(pl.String)
            + pl.lit(":")
            + _padded(minutes, 2)
            + pl.lit(":")
            + _padded(seconds, 2)
            + tail
        )
    )


def _padded(number: pl.Expr, digits: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(digits)
