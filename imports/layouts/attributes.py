"""Columns that we have no field for -> attributes, under names that read alike.

An attribute is the text of its column. `FL_KPH` by a name of ours is
`attributes.fastest_lap_speed_kmh`; a column that a layout does not know by name keeps
its own: `DRIVER1_FIRSTNAME` is `attributes.driver1_firstname`.
"""

import re
from collections.abc import Collection, Mapping

from imports.layouts import cells
from imports.layouts.cells import Cell

NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def named(columns: Collection[str], names: Mapping[str, str]) -> tuple[Cell, ...]:
    """Give the attributes of the columns that are there: column -> name of ours."""
    return tuple(
        cells.text(f"attributes.{name}", column)
        for column, name in names.items()
        if column in columns
    )


def measures(columns: Collection[str], names: Mapping[str, str]) -> tuple[Cell, ...]:
    """Give attributes that are numbers, in one form: 132.50 is 132.5."""
    return tuple(map(cells.number_text, named(columns, names)))


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
