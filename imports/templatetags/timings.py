"""How measures look: figures that line up, changes by sign and word, never by colour only."""

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from imports.timings.figures import NOTABLE, Compared
from ingestion_site.lib import cells

register = template.Library()

MINUS = "\N{MINUS SIGN}"
#: From a growth of ten times on, times say more than per cent.
MANYFOLD = 9


@register.filter
def figure(number: float | None) -> str:
    """Give 1234.56 as 1,234.6: the unit stands in the head of the column."""
    return cells.UNKNOWN if number is None else f"{number:,.1f}"


@register.filter
def exact(seconds: float | None) -> str:
    """Give 1234.5678 as 1,234.568."""
    return cells.UNKNOWN if seconds is None else f"{seconds:,.3f}"


@register.filter
def whole(number: float | None) -> str:
    """Give 1234.56 as 1,235."""
    return cells.UNKNOWN if number is None else f"{number:,.0f}"


@register.filter
def share(number: float | None) -> str:
    """Give 0.0123 as 1.2."""
    return cells.UNKNOWN if number is None else f"{number * 100:,.1f}"


@register.filter
def change(number: float | None) -> str:
    """Give 0.34 as +34 %, nothing for a change that is not known."""
    if number is None:
        return ""
    if number > MANYFOLD:
        return f"\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{number + 1:,.0f}"
    rounded = round(number * 100)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else "±"
    return f"{sign}{abs(rounded):,}\N{NO-BREAK SPACE}%"


@register.filter
def verdict(line: Compared) -> SafeString | str:
    """Say in a word whether the p95 is slower or faster than in the window before."""
    grown = line.p95_change
    if grown is None:
        return "not enough data"
    if abs(grown) < NOTABLE:
        return "about the same"
    word, tone = ("slower", "bad") if grown > 0 else ("faster", "good")
    sign = (
        "\N{BLACK UP-POINTING TRIANGLE}"
        if grown > 0
        else "\N{BLACK DOWN-POINTING TRIANGLE}"
    )
    return format_html(
        '<span class="moved moved-{}">{} {} {}</span>', tone, sign, word, change(grown)
    )


@register.filter
def clock(at: datetime, length: timedelta) -> str:
    """Give a moment on an axis: the hour of a day, the day of more."""
    if length <= timedelta(hours=26):
        return f"{at:%H:%M}"
    return f"{at:%d %b %H:%M}" if length <= timedelta(days=8) else f"{at:%d %b}"


@register.filter
def minute(at: datetime) -> str:
    """Give a moment in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M}"


@register.filter
def span(length: timedelta) -> str:
    """Give a length in the words of a reader: 30 minutes, 12 hours, 1 day."""
    seconds = round(length.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            number = seconds // size
            return f"{number:,} {unit}{'' if number == 1 else 's'}"
    return cells.duration(length)
