"""Text that files write in several forms -> the one form that is kept.

Two files that differ only in form state the same. What is not plainly of the kind
stays as it is written: nothing is guessed. Polars expressions, null stays null.
"""

from decimal import Decimal

import polars as pl

#: [h:][m:]s[.fff], as timing sheets write it; at most milliseconds.
#: Digits are 0-9 alone: \d also finds the digits of other scripts, which no cast reads.
SHEET = r"^(?:(?:[0-9]{1,3}:)?[0-9]{1,4}:)?[0-9]{1,9}(?:\.[0-9]{1,3})?$"
#: The same with zeros beyond the milliseconds; and seconds as a machine prints a number.
DURATION = (
    r"^(?:(?:[0-9]{1,3}:)?[0-9]{1,4}:[0-9]{1,9}(?:\.[0-9]{1,3}0{0,15})?"
    r"|[0-9]{1,9}(?:\.[0-9]{1,18})?)$"
)
#: `0.37.15`: minutes, seconds and their fraction, all behind points.
POINTS = r"^([0-9]{1,3})\.([0-5][0-9]\.[0-9]{1,3})$"
#: ISO 8601: days, hours, minutes, seconds, at most milliseconds.
ISO = (
    r"^P(?:([0-9]{1,2})D)?(?:T(?:([0-9]{1,3})H)?(?:([0-9]{1,5})M)?"
    r"(?:([0-9]{1,9}(?:[.,][0-9]{1,3}0{0,15})?)S)?)?$"
)
DECIMAL = r"^(-?)0*([0-9]+)(?:\.([0-9]*?)0*)?$"
#: Zeros beyond the milliseconds say nothing.
BEYOND_MS = r"(\.[0-9]{3})0+$"


def milliseconds(text: pl.Expr) -> pl.Expr:
    """Give the milliseconds of a duration, null where the text is none.

    Read are `1:34.570`, `94.57`, `1:31:12.345`, `00:01:31.531`, `1:34,570` (a comma is
    a decimal comma, never one of thousands), `0.37.15` and `PT1M27.452S`. A clock that
    is finer than a millisecond is none. A plain number of seconds is rounded, half up:
    `11.1738` is how finely a machine counts and `6.603999999999999` how it prints
    6.604, so that the row is worth more than half of a millisecond.
    """
    # Polars works a shared text out again for each of its uses: the rare forms are
    # told apart first, for nulls cost nothing.
    clock = _clock_ms(text.str.replace(",", ".", literal=True), shape=DURATION)
    pointed = _points_ms(pl.when(text.str.contains(POINTS)).then(text))
    iso = _iso_ms(pl.when(text.str.starts_with("P")).then(text))
    return pl.coalesce(clock, pointed, iso)


def _clock_ms(text: pl.Expr, *, shape: str) -> pl.Expr:
    """Give the milliseconds of [h:][m:]s[.fff], null where the text has no such shape.

    Split, not captured: that takes a third of the time, and laps come in millions.
    Casts come before the shape is looked at, so none of them may raise.
    """
    parts = text.str.split(":")
    hours, minutes, seconds = (
        parts.list.get(n, null_on_oob=True) for n in (-3, -2, -1)
    )
    hours = hours.cast(pl.Int64, strict=False)
    minutes = minutes.cast(pl.Int64, strict=False)
    of_seconds = _rounded_ms(seconds)
    total = hours.fill_null(0) * 3_600_000 + minutes.fill_null(0) * 60_000 + of_seconds
    # 1:75.000 is a slip, 94.57 and 75:12.000 are how long sessions are written.
    is_clock = (minutes.is_null() | (of_seconds < 60_000)) & (
        hours.is_null() | (minutes < 60)
    )
    return pl.when(text.str.contains(shape) & is_clock).then(total)


def _points_ms(text: pl.Expr) -> pl.Expr:
    """Give the milliseconds of minutes and seconds behind points, `0.37.15`."""
    minutes = text.str.extract(POINTS, 1).cast(pl.Int64)
    return minutes * 60_000 + _rounded_ms(text.str.extract(POINTS, 2))


def _iso_ms(text: pl.Expr) -> pl.Expr:
    """Give the milliseconds of an ISO 8601 duration; it names at least one unit."""
    parts = text.str.extract_groups(ISO)
    days, hours, minutes, seconds = (parts.struct.field(str(n)) for n in range(1, 5))
    total = (
        days.cast(pl.Int64).fill_null(0) * 86_400_000
        + hours.cast(pl.Int64).fill_null(0) * 3_600_000
        + minutes.cast(pl.Int64).fill_null(0) * 60_000
        + _rounded_ms(seconds.str.replace(",", ".", literal=True)).fill_null(0)
    )
    return pl.when(text.str.contains(ISO) & text.str.contains(r"[DHMS]$")).then(total)


def _rounded_ms(seconds: pl.Expr) -> pl.Expr:
    """Give the milliseconds of seconds with at most 18 decimals, half up."""
    exact = seconds.cast(pl.Decimal(30, 18), strict=False)
    return (exact * 1000 + pl.lit(Decimal("0.5"))).cast(pl.Int64)


def clock_time(text: pl.Expr) -> pl.Expr:
    """Write times alike: `1:27:57.940`, and a gap as `+5.598` or `+1:09.907`.

    A time has a colon, or a plus and a point. `+1`, `12.052`, `+1 Lap` and `1-3/4L`
    may be laps or lengths: they stay.
    """
    plus = pl.when(text.str.starts_with("+")).then(pl.lit("+")).otherwise(pl.lit(""))
    return _with_times(text, sign=plus)


def gap(text: pl.Expr) -> pl.Expr:
    """Write a gap as `clock_time` does, always with its plus where it is a time."""
    return _with_times(text, sign=pl.lit("+"))


def _with_times(text: pl.Expr, *, sign: pl.Expr) -> pl.Expr:
    bare = text.str.strip_prefix("+").str.replace(BEYOND_MS, "${1}", literal=False)
    is_time = text.str.contains(r":|^\+.*\.")
    written = sign + _written(_clock_ms(bare, shape=SHEET))
    return pl.coalesce(pl.when(is_time).then(written), text)


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
