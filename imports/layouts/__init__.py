"""Lazy frame of text -> canonical frames: one module a family of layouts.

A layout recognises a file by its columns and says, in polars expressions, which
canonical rows each line of it states. Imports no Django.
"""

from collections.abc import Iterable

from imports.errors import UnknownLayout
from imports.layouts import (
    alkamel,
    canonical,
    ergast,
    exported,
    fastf1,
    hkjc,
    jolpica,
    liverc,
    nascar,
    nztab,
    openf1,
    timing_stream,
)
from imports.layouts.layout import Layout

LAYOUTS: tuple[Layout, ...] = (
    *ergast.LAYOUTS,
    *jolpica.LAYOUTS,
    *fastf1.LAYOUTS,
    *openf1.LAYOUTS,
    *alkamel.LAYOUTS,
    *timing_stream.LAYOUTS,
    *nascar.LAYOUTS,
    *hkjc.LAYOUTS,
    *nztab.LAYOUTS,
    *liverc.LAYOUTS,
    *canonical.LAYOUTS,
    *exported.LAYOUTS,
)

#: A file with half of a layout's required columns is meant to be of it.
LIKE = 0.5
#: So many names of columns stand in a message, each so long.
SHOWN_NAMES = 20
SHOWN_CHARS = 60


def recognise(columns: Iterable[str], *, array: str = "") -> Layout:
    """Give the layout of a table with these columns, or raise UnknownLayout.

    Of several that fit, the one that asks for the most columns is meant.
    """
    held = frozenset(columns)
    fitting = [layout for layout in LAYOUTS if layout.fits(held, array=array)]
    if not fitting:
        raise UnknownLayout(_explain(held))
    chosen = max(fitting, key=lambda layout: len(layout.required))
    strange = chosen.unknown_columns(held)
    if len(strange) > len(held - strange):
        # One column in common is no likeness.
        raise UnknownLayout(_unknown(held))
    if strange:
        raise UnknownLayout(
            f"The file looks like {chosen.name}, which has no column "
            f"{_shown(strange)}. Rename or remove it; docs/layouts.md lists the columns."
        )
    return chosen


def _explain(held: frozenset[str]) -> str:
    nearest = max(LAYOUTS, key=lambda layout: layout.likeness(held))
    if nearest.likeness(held) < LIKE:
        return _unknown(held)
    return (
        f"No layout recognises the file. It is nearest to {nearest.name}, "
        f"but has no column {_shown(nearest.required - held)}. Add it or map the "
        "columns; docs/layouts.md lists those of each layout."
    )


def _unknown(held: frozenset[str]) -> str:
    return (
        f"No layout recognises the columns {_shown(held)}. "
        "docs/layouts.md lists the columns of each layout; what they are can be said "
        "by a mapping, on the page of the run or with --mapping."
    )


def _shown(names: Iterable[str]) -> str:
    """Give names of columns as a message can hold them, however many and long."""
    listed = sorted(names)
    shown = [
        repr(name if len(name) <= SHOWN_CHARS else f"{name[:SHOWN_CHARS]}…")
        for name in listed[:SHOWN_NAMES]
    ]
    more = len(listed) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
