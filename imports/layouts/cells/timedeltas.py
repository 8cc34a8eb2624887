"""A nested time, `{"_type": "timedelta", "milliseconds": 105537}` -> milliseconds.

It may be of other units too, which add up; or be a bare time such as `1:45.537`.
"""

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, constant

UNIT_MS = {
    "milliseconds": 1,
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
}


def timedelta(
    name: str, path: str, *, columns: frozenset[str], highest: int = cells.DAY_MS
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Give the time as a cell, none without columns; and its parts, to be checked.

    The parts belong among the keys, where they state nothing.
    """
    parts = [
        cells.whole(f"check {path}.{unit}", f"{path}.{unit}", highest=highest)
        for unit in UNIT_MS
        if f"{path}.{unit}" in columns
    ]
    totals = [part.value * UNIT_MS[part.source.rpartition(".")[2]] for part in parts]
    if parts == [] and path not in columns:
        return (), ()
    total = pl.lit(None, pl.Int64)
    if totals:
        is_there = pl.any_horizontal(each.is_not_null() for each in totals)
        total = pl.when(is_there).then(pl.sum_horizontal(totals))
    if path in columns:
        bare = cells.duration_ms(f"check {path}", path, highest=highest)
        parts.append(bare)
        total = pl.coalesce(total, bare.value)
    if len(parts) == 1:
        # The usual case: one column, which is the time itself.
        [only] = parts
        return (Cell(name, only.source, total, only.code, only.expected),), ()
    return (constant(name, None).with_value(total),), tuple(parts)
