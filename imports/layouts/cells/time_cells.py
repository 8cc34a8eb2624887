"""Cells that hold times: durations, gaps, dates, clock times, moments.

Durations become whole milliseconds, moments UTC. A time that could be two moments
is none: a local time needs its zone, and must have happened once there.
"""

from dataclasses import replace

import polars as pl

from imports.layouts.cells import forms, moments
from imports.layouts.cells.cell import Cell, Slip, clean, text
from imports.layouts.cells.number_cells import DAY_MS, INT32_MAX, in_other_digits

NOT_NEGATIVE = "a time of zero or more; the clock may have been set back"


def duration_ms(
    name: str, source: str, *, highest: int = DAY_MS, takes_plus: bool = False
) -> Cell:
    """Give milliseconds of a duration in any of the forms of `forms.milliseconds`.

    A leading plus belongs to a gap: it is read only where the layout asks for it.
    """
    raw = pl.col(clean(source))
    shown = raw.str.strip_prefix("+") if takes_plus else raw
    total = forms.milliseconds(shown)
    bare = raw.str.strip_prefix("-")
    negative = raw.str.starts_with("-") & forms.milliseconds(bare).is_not_null()
    cell = Cell(
        name=name,
        source=source,
        value=pl.when(total <= highest).then(total),
        code="not_a_time",
        expected="a time such as 1:34.570",
    )
    return in_other_digits(cell).with_slips(
        Slip(when=negative, code="negative_time", expected=NOT_NEGATIVE)
    )


def laps_and_time(laps_name: str, time_name: str, source: str) -> tuple[Cell, Cell]:
    """Give the laps and the time of `47/30:31.382`; laps alone (`0`) have no time."""
    raw = pl.col(clean(source))
    laps = raw.str.extract(r"^([0-9]{1,6})(?: ?/.*)?$", 1).cast(pl.Int64, strict=False)
    total = forms.milliseconds(raw.str.extract(r"^[0-9]+ ?/ ?(.+)$", 1))
    time = pl.when(total <= INT32_MAX).then(total)
    is_laps_alone = ~raw.str.contains("/", literal=True)
    of_laps = Cell(
        name=laps_name,
        source=source,
        value=pl.when(is_laps_alone | time.is_not_null()).then(laps),
        code="not_laps_and_time",
        expected="laps and their time such as 47/30:31.382, or laps alone",
    )
    of_time = replace(
        of_laps,
        name=time_name,
        value=pl.when(laps.is_not_null()).then(time),
        no_value=laps.is_not_null() & is_laps_alone,
    )
    return of_laps, of_time


def clock_text(name: str, source: str, *, max_chars: int = 50) -> Cell:
    """Give text in which times have one form, and all else stays as written."""
    cell = text(name, source, max_chars=max_chars)
    return cell.with_value(forms.clock_time(cell.value))


def gap(name: str, source: str) -> Cell:
    """Give a gap: a time in its one form, or the words of the source."""
    cell = text(name, source, max_chars=50)
    return cell.with_value(forms.gap(cell.value))


def date(name: str, source: str) -> Cell:
    """Give an ISO date between 1850 and 2100, as text with its zeros."""
    return Cell(
        name=name,
        source=source,
        value=moments.date(pl.col(clean(source))),
        code="not_a_date",
        expected="a date such as 2022-03-20",
    )


def time_of_day(name: str, source: str) -> Cell:
    """Give a clock time, as text; `26:22:00` is 02:22:00, of a day that is not kept."""
    return Cell(
        name=name,
        source=source,
        value=moments.time_of_day(pl.col(clean(source))),
        code="not_a_time_of_day",
        expected="a clock time such as 18:26:35",
    )


def moment(name: str, source: str) -> Cell:
    """Give an ISO 8601 moment with its offset from UTC (or Z), as text."""
    return Cell(
        name=name,
        source=source,
        value=moments.sane_moment(pl.col(clean(source))),
        code="not_a_moment",
        expected="a moment with its offset, such as 2022-03-20T15:00:00Z",
    )


def start(name: str, source: str, *, timezone: str | None = None) -> Cell:
    """Give a moment as UTC text, in any of the forms of `moments.utc`.

    `timezone` is the IANA name of the zone of times that have none.
    """
    raw = pl.col(clean(source))
    cell = Cell(
        name=name,
        source=source,
        value=moments.utc(raw, timezone=timezone),
        code="not_a_moment",
        expected="a moment such as 2025-07-17T00:50:00Z, or seconds since 1970",
    )
    return in_other_digits(cell).with_slips(_zone_slip(raw, timezone=timezone))


def _zone_slip(raw: pl.Expr, *, timezone: str | None) -> Slip:
    """Say what a time that has no offset lacks."""
    is_local = moments.local(raw).is_not_null()
    if timezone is None:
        return Slip(
            when=is_local,
            code="no_timezone",
            expected="a moment: its time zone is missing. Write its offset from UTC "
            "behind it, as in 2025-11-16T08:30:00+13:00, or say the time zone of "
            "the file",
        )
    return Slip(
        when=is_local,
        code="ambiguous_time",
        expected=f"a time that {timezone} had exactly once: the clocks were set "
        "forward or back then. Write its offset from UTC behind it, as in "
        "2025-11-16T08:30:00+13:00",
    )
