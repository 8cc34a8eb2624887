"""Columns that a file may have or lack -> cells: a column that it lacks is no opinion.

What we have no field for becomes an attribute, the text of its column, under a name
that reads alike: `FL_KPH` is `attributes.fastest_lap_speed_kmh`. A column that a layout
does not know by name keeps its own: `DRIVER1_HOMETOWN` is `attributes.driver1_hometown`.
"""

import re
from collections.abc import Collection, Mapping

from imports.layouts import cells
from imports.layouts.cells import Cell

NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def held(columns: Collection[str], *values: Cell) -> tuple[Cell, ...]:
    """Give the cells whose column the file has."""
    return tuple(cell for cell in values if cell.source in columns)


def attributes(columns: Collection[str], **sources: str) -> tuple[Cell, ...]:
    """Give texts: attribute = column of the file."""
    return named(columns, {source: name for name, source in sources.items()})


def measures(columns: Collection[str], **sources: str) -> tuple[Cell, ...]:
    """Give numbers, in one form: 238.430 is 238.43."""
    return tuple(map(cells.number_text, attributes(columns, **sources)))


def named(columns: Collection[str], names: Mapping[str, str]) -> tuple[Cell, ...]:
    """Give texts by column -> name; several columns may have one name."""
    texts = (cells.text(f"attributes.{name}", source) for source, name in names.items())
    return held(columns, *texts)


def others(
    columns: Collection[str], *, known: Collection[str], taken: Collection[str] = ()
) -> tuple[Cell, ...]:
    """Give an attribute for each column that is not known, under its own name.

    `taken` are attributes of known columns: no other column writes into those.
    """
    names = set(taken)
    found = []
    for column in sorted(set(columns) - set(known)):
        name = NOT_IN_NAMES.sub("_", column.lower()).strip("_") or "column"
        while name in names:
            name += "_"
        names.add(name)
        found.append(cells.text(f"attributes.{name}", column))
    return tuple(found)
