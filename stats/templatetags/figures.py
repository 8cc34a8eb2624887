"""How stats look on pages: gaps in seconds or laps, parts in per cent."""

from django import template

from ingestion_site.lib import cells
from stats.models import EntrantStats, RaceStats

register = template.Library()


@register.filter
def to_leader(figures: EntrantStats | None) -> str:
    """Give the gap to the leader."""
    if not figures:
        return cells.UNKNOWN
    return gap(figures.gap_to_leader_ms, figures.gap_to_leader_laps)


@register.filter
def to_ahead(figures: EntrantStats | None) -> str:
    """Give the gap to the one ahead."""
    if not figures:
        return cells.UNKNOWN
    return gap(figures.gap_to_ahead_ms, figures.gap_to_ahead_laps)


@register.filter
def margin(figures: RaceStats | None) -> str:
    """Give what the winner won by."""
    if not figures:
        return cells.UNKNOWN
    if figures.margin_laps:
        return gap(None, figures.margin_laps).lstrip("+")
    return cells.seconds(figures.margin_ms)


@register.filter
def percent(part: float | str | None) -> str:
    """Give 0.98765 as 98.77 %; 1 is all of it, and what rounds to 1 is not."""
    if part is None or isinstance(part, str):
        return cells.UNKNOWN
    rounded = round(100 * part, 2)
    if rounded == 100 and part < 1:
        rounded = 99.99
    return f"{rounded:.2f} %"


def gap(milliseconds: int | None, laps: int | None) -> str:
    """Give a gap in laps where there are any, else in seconds."""
    if laps:
        return f"{laps:+,} lap" if abs(laps) == 1 else f"{laps:+,} laps"
    if milliseconds is None:
        return cells.UNKNOWN
    return f"{milliseconds / 1000:+,.3f}"
