"""Names of people in two columns -> one name."""

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean, text


def full_name(*, first: str, last: str) -> Cell:
    """Give both names with a blank between; either may be empty."""
    both = pl.concat_str(
        pl.col(clean(first)), pl.col(clean(last)), separator=" ", ignore_nulls=True
    )
    named = pl.when(both != "").then(both)
    return text("name", last).with_value(cells.storable(named, max_chars=300))
