"""What is counted of a table while its rows go out: so none of it is read once more."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from imports.layouts.layout import CanonicalTable


@dataclass(frozen=True)
class Figures:
    """What was counted of a table."""

    bad: int = 0
    #: The number of the last row.
    last: int = 0
    #: Laps that its lines state: of a matrix many a line.
    laps: int = 0
    #: Good lines that state nothing.
    silent: int = 0


def count(
    rows: pl.LazyFrame,
    *,
    tables: tuple[CanonicalTable, ...],
    is_bad: pl.Expr,
    number: str,
) -> pl.LazyFrame:
    """Give a frame of one row with the figures of a table in the order of `Figures`."""
    laps = [_states(table) for table in tables if table.kind == "lap"]
    stated = [_states(table) for table in tables]
    silent = ~is_bad & ~reduce(or_, stated, pl.lit(value=False))
    return rows.select(
        is_bad.sum().alias("bad"),
        pl.col(number).max().fill_null(0).alias("last"),
        pl.sum_horizontal(
            pl.lit(0), *((~is_bad & lap).sum().cast(pl.Int64) for lap in laps)
        ).alias("laps"),
        silent.sum().alias("silent"),
    )


def _states(table: CanonicalTable) -> pl.Expr:
    """Whether a line states a row of the table; a null condition counts as no."""
    if table.where is None:
        return pl.lit(value=True)
    return table.where.fill_null(value=False)
