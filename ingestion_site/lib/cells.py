"""How values look in the admin: unknown is a dash, numbers are grouped."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

UNKNOWN = "\N{EN DASH}"
KIBI = 1024


def show(value: Any) -> Any:
    """Give any value as a reader expects it."""
    if value is None or value == "" or value == {}:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    for kind, look in LOOKS:
        if isinstance(value, kind):
            return look(value)
    return value


def count(number: int | None) -> str:
    """Give 23529 as 23,529."""
    return UNKNOWN if number is None else f"{number:,}"


def decimal(number: Decimal | None) -> str:
    """Give 15.000 as 15 and 12.500 as 12.5."""
    return UNKNOWN if number is None else f"{number.normalize():,f}"


def lap_time(milliseconds: float | None) -> str:
    """Give 94570 as 1:34.570, hours only where there are any."""
    if milliseconds is None:
        return UNKNOWN
    seconds, rest = divmod(round(milliseconds), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{rest:03}"
    return f"{minutes}:{seconds:02}.{rest:03}"


def seconds(milliseconds: float | None) -> str:
    """Give 14628 as 14.628 s."""
    return UNKNOWN if milliseconds is None else f"{milliseconds / 1000:,.3f} s"


def milliseconds(number: float | None) -> str:
    """Give 6.2915 as 6.3 ms."""
    return UNKNOWN if number is None else f"{number:,.1f} ms"


def duration(span: timedelta | float | None) -> str:
    """Give how long something took: 0.35 s, 12.1 s, 3 min 20 s, 2 h 05 min."""
    if span is None:
        return UNKNOWN
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 1:
        return f"{seconds:.3f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def size(number: int | None) -> str:
    """Give 149504 bytes as 146.0 KiB."""
    if number is None:
        return UNKNOWN
    if number < KIBI:
        return f"{number} B"
    scaled = number / KIBI
    for unit in ("KiB", "MiB"):
        if scaled < KIBI:
            return f"{scaled:,.1f} {unit}"
        scaled /= KIBI
    return f"{scaled:,.1f} GiB"


def moment(when: datetime | None) -> str:
    """Give a moment in UTC, to the second; how long ago on hover."""
    if when is None:
        return UNKNOWN
    return format_html(
        '<time datetime="{}" title="{}">{} UTC</time>',
        when.isoformat(),
        naturaltime(when),
        f"{when:%Y-%m-%d %H:%M:%S}",
    )


def ago(when: datetime | None) -> str:
    """Give how long ago a moment was; the moment itself on hover."""
    if when is None:
        return UNKNOWN
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        when.isoformat(),
        f"{when:%Y-%m-%d %H:%M:%S}",
        naturaltime(when),
    )


def badge(word: str, tone: str) -> SafeString:
    """Give a state as a dot and a word; tones: good, busy, warn, bad, idle."""
    return format_html('<span class="state state-{}">{}</span>', tone, word)


def link(obj: Model | None, text: str = "") -> str:
    """Give a link to the admin page of an object."""
    if obj is None:
        return UNKNOWN
    meta = obj._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[obj.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(obj))


def pairs(values: Mapping[str, Any] | None) -> str:
    """Give names and values in one line."""
    if not values:
        return UNKNOWN
    return format_html_join(
        " ",
        '<span class="pair"><span class="quiet">{}</span> {}</span>',
        ((name, UNKNOWN if cell is None else cell) for name, cell in values.items()),
    )


#: The look of each type; a datetime is a date too, so it comes first.
LOOKS: list[tuple[type, Callable[[Any], str]]] = [
    (int, count),
    (Decimal, decimal),
    (datetime, moment),
    (date, date.isoformat),
    (Mapping, pairs),
]
