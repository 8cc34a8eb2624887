"""The looks of `ingestion_site.lib.cells`, as template filters."""

from collections.abc import Callable, Mapping
from typing import Any

from django import template

from ingestion_site.lib import cells

register = template.Library()


def _as_filter(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a name that is not there, which templates give as "", be unknown."""
    return lambda value: look(None if value == "" else value)


for look in (
    cells.show,
    cells.count,
    cells.decimal,
    cells.lap_time,
    cells.milliseconds,
    cells.seconds,
    cells.duration,
    cells.size,
    cells.moment,
    cells.ago,
    cells.link,
    cells.pairs,
):
    register.filter(look.__name__, _as_filter(look))


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Give the value of a key, None where there is none."""
    return mapping.get(key)
