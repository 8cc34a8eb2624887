"""Rows of one car number -> which of its cars each row is of (docs/adr/0016).

An official file may have two cars of one number. The faster one keeps the number as
its key, the other is `3/2`, in files of laps and of results alike. Comes in: rows in
the order of the file, with cleaned cells. Goes out: the same rows with `CAR`. Never
takes a row away: what cannot be told apart keeps one key, and is a conflict.
"""

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import OURS, Cell, clean, forms

#: Which car of its number a row is of, from 1.
CAR = f"{OURS}car"
NUMBER = clean("NUMBER")
#: A lap begins no later than the one before: here the rows of the number begin again.
BLOCK = f"{OURS}block"
#: A hash of all that a row says, to find it again; the text itself takes memory.
LINE = f"{OURS}line"
#: The first block of the car that a row is of.
ORIGIN = f"{OURS}origin"
IS_TOLD = f"{OURS}is told"
#: Stands after all times.
NO_TIME = 10**9
#: More blocks than a file has.
BLOCKS = 10**8


def key() -> Cell:
    """Give the number as it is written, with `/2` for a second car of it."""
    number = cells.key("key", "NUMBER")
    suffix = pl.when(pl.col(CAR) > 1).then(pl.lit("/") + pl.col(CAR).cast(pl.String))
    written = number.value + suffix.fill_null("")
    return number.with_value(cells.storable(written, max_chars=200))


def of_laps(rows: pl.LazyFrame, *, races: tuple[str, ...] = ()) -> pl.LazyFrame:
    """Tell the cars by where the laps of a number begin again.

    Two blocks that have a row in common are of one car: the file was appended to
    itself. Where the blocks are more than a lap of the number has different rows, the
    file is in another order than car by car, and its rows stay together.
    """
    number = (*races, NUMBER)
    lap = pl.col(clean("LAP_NUMBER")).cast(pl.Int64, strict=False)
    before = lap.forward_fill().shift(1)
    read = sorted(n for n in rows.collect_schema().names() if n.startswith(clean("")))
    lines_of_lap = pl.when(lap.is_not_null()).then(pl.col(LINE)).n_unique()
    time = forms.milliseconds(pl.col(clean("LAP_TIME"))).fill_null(NO_TIME)
    return (
        rows.with_columns(
            (lap <= before).fill_null(value=False).cum_sum().over(*number).alias(BLOCK),
            pl.struct(read).hash().alias(LINE),
        )
        .with_columns(pl.col(BLOCK).min().over(*number, LINE).alias(ORIGIN))
        .with_columns(pl.col(ORIGIN).min().over(*number, BLOCK))
        .with_columns(
            (
                pl.col(ORIGIN).n_unique().over(*number)
                <= lines_of_lap.over(*number, lap).max().over(*number)
            ).alias(IS_TOLD),
            time.min().over(*number, ORIGIN).alias(CAR),
        )
        .with_columns(
            pl.when(IS_TOLD)
            .then(_rank(pl.col(CAR) * BLOCKS + pl.col(ORIGIN), *races))
            .otherwise(1)
            .alias(CAR)
        )
    )


def of_results(rows: pl.LazyFrame, *, fastest: str) -> pl.LazyFrame:
    """Tell the cars by their fastest laps, which penalties do not change.

    Rows of one number with the same fastest lap are of one car.
    """
    time = forms.milliseconds(pl.col(clean(fastest))).fill_null(NO_TIME)
    return rows.with_columns(_rank(time).alias(CAR))


def _rank(expression: pl.Expr, *races: str) -> pl.Expr:
    return expression.rank("dense").over(*races, NUMBER).cast(pl.Int64)
