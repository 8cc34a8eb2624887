"""Dates, clock times and moments in several forms -> the text that is kept.

Polars expressions; null where a text is not plainly one. A local time becomes UTC
only with a zone that the layout or the uploader names.
"""

import polars as pl

#: The shapes that the models' fields read too; polars alone also takes `+2022- 3-20`,
#: second 60 and a typographic minus.
DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
CLOCK = r"[0-9]{1,2}:[0-9]{1,2}:[0-5]?[0-9](?:\.[0-9]{1,9})?"
OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
#: A date that a tool wrote as the midnight it begins with.
MIDNIGHT = r"(?:[T ]00:00:00(?:\.0{1,9})?Z?)?"
#: A race that goes past midnight has hours of the day it began on.
LATE_CLOCK = r"^(?:2[4-9]|3[0-9]|4[0-7])(:[0-9]{1,2}:[0-5]?[0-9](?:\.[0-9]{1,9})?)$"

#: Date, hour and minute, second, fraction, offset; a zone's name behind the offset
#: (`+0000 UTC`) says nothing more.
WRITTEN = (
    rf"^({DATE})[T ]([0-9]{{1,2}}:[0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{{1,9}}))?)?"
    r"(?: ?(Z|UTC|GMT|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])(?: [A-Z]{2,5})?)?$"
)
#: `Nov 16, 2025 at 5:30pm`.
SPELLED = (
    r"[A-Z][a-z]{2,8} [0-9]{1,2}, [0-9]{4} at (?:0?[1-9]|1[0-2]):[0-5][0-9]"
    r"(?:am|pm|AM|PM)"
)
#: Seconds or milliseconds since 1970, from 2001 on: shorter numbers may be anything.
EPOCH_SECONDS = r"^[0-9]{10}$"
EPOCH_MS = r"^[0-9]{13}$"


def date(text: pl.Expr) -> pl.Expr:
    """Give an ISO date between 1850 and 2100, also one written as its midnight."""
    day = text.str.extract(f"^({DATE}){MIDNIGHT}$", 1)
    day = day.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(day.dt.year().is_between(1850, 2099)).then(day.dt.to_string())


def time_of_day(text: pl.Expr) -> pl.Expr:
    """Give a clock time as it is written; hours of 24 to 47 are those of the next day.

    The day itself is not kept: no clock shows it, and the lap tells it.
    """
    tail = text.str.extract(LATE_CLOCK, 1)
    hours = pl.when(tail.is_not_null()).then(text.str.head(2)).cast(pl.Int64)
    next_day = (hours - 24).cast(pl.String).str.zfill(2) + tail
    clock = pl.coalesce(next_day, text)
    time = shaped(clock, CLOCK).str.to_time("%H:%M:%S%.f", strict=False)
    return pl.when(time.is_not_null()).then(clock)


def sane_moment(text: pl.Expr) -> pl.Expr:
    """Give the text of a moment between 1850 and 2100 UTC, null where it is none."""
    moment = shaped(text, f"{DATE}[T ]{CLOCK}{OFFSET}")
    moment = moment.str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False)
    return pl.when(moment.dt.year().is_between(1850, 2099)).then(text)


def utc(text: pl.Expr, *, timezone: str | None) -> pl.Expr:
    """Give the UTC text of a moment: `2025-07-17T11:07:39.058303Z`.

    Read are seconds (10 digits) and milliseconds (13) since 1970, ISO 8601 with an
    offset, `2025-07-17 00:50:00 +0000 UTC`; and, where the zone is known, local times
    and `Nov 16, 2025 at 5:30pm`. What is finer than microseconds is cut off, as the
    database would. A local time that the zone skips or has twice is null.
    """
    ways = [_since_1970(text), _with_offset(text)]
    if timezone is not None:
        zoned = local(text).dt.replace_time_zone(
            timezone, ambiguous="null", non_existent="null"
        )
        ways.append(zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    moment = pl.coalesce(ways)
    written = moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return pl.when(moment.dt.year().is_between(1850, 2099)).then(written)


def local(text: pl.Expr) -> pl.Expr:
    """Give a date and time that has no offset, as a datetime without a zone."""
    parts = text.str.extract_groups(WRITTEN)
    has_offset = parts.struct.field("5").is_not_null()
    # Full names of months are read as their short forms are.
    spelled = shaped(text, SPELLED).str.to_datetime(
        "%B %d, %Y at %I:%M%P", time_unit="us", strict=False
    )
    return pl.coalesce(pl.when(~has_offset).then(_datetime(parts)), spelled)


def shaped(text: pl.Expr, shape: str) -> pl.Expr:
    """Give the text where all of it has this shape."""
    return pl.when(text.str.contains(f"^{shape}$")).then(text)


def _with_offset(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(WRITTEN)
    offset = parts.struct.field("5")
    digits = offset.str.extract(r"^[+-]([0-9:]+)$", 1)
    minutes = digits.str.head(2).cast(pl.Int64) * 60 + digits.str.tail(2).cast(pl.Int64)
    ahead = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)
    moment = _datetime(parts) - pl.duration(minutes=ahead.fill_null(0))
    return pl.when(offset.is_not_null()).then(moment)


def _datetime(parts: pl.Expr) -> pl.Expr:
    """Give the date and time of the groups of WRITTEN, whatever their offset."""
    day, clock, second, fraction = (parts.struct.field(str(n)) for n in range(1, 5))
    to_second = day + " " + clock + ":" + second.fill_null("00")
    moment = to_second.str.to_datetime(
        "%Y-%m-%d %H:%M:%S", time_unit="us", strict=False
    )
    microseconds = fraction.str.pad_end(6, "0").str.head(6).cast(pl.Int64)
    return moment + pl.duration(microseconds=microseconds.fill_null(0))


def _since_1970(text: pl.Expr) -> pl.Expr:
    seconds = pl.when(text.str.contains(EPOCH_SECONDS)).then(text).cast(pl.Int64)
    milliseconds = pl.when(text.str.contains(EPOCH_MS)).then(text).cast(pl.Int64)
    since = pl.coalesce(seconds * 1_000_000, milliseconds * 1_000)
    return since.cast(pl.Datetime("us"))
