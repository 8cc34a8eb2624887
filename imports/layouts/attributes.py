"""Columns that a file may have or lack -> cells: a column that it lacks is no opinion.

What we have no column for becomes `attributes.<name>`.
"""

from imports.layouts import cells
from imports.layouts.cells import Cell


def held(columns: frozenset[str], *values: Cell) -> tuple[Cell, ...]:
    """Give the cells whose column the file has."""
    return tuple(cell for cell in values if cell.source in columns)


def attributes(columns: frozenset[str], **sources: str) -> tuple[Cell, ...]:
    """Give texts: attribute = column of the file."""
    texts = (cells.text(f"attributes.{name}", sources[name]) for name in sources)
    return held(columns, *texts)


def measures(columns: frozenset[str], **sources: str) -> tuple[Cell, ...]:
    """Give numbers, in one form: 238.430 is 238.43."""
    return tuple(map(cells.number_text, attributes(columns, **sources)))
