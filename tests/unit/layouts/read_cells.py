"""Read texts as cells, as canonical rows do."""

from collections.abc import Callable
from typing import Any

import polars as pl

from imports.layouts.cells import Cell, clean

COLUMN = "cell"
Maker = Callable[[str, str], Cell]

#: What `read` gives for a cell that is a mistake of its row.
WRONG = "wrong"


def read(make: Maker, *texts: str | None) -> list[Any]:
    """Give the value of each text, or WRONG where its row would be rejected."""
    return read_cell(make("value", COLUMN), *texts)


def read_cell(cell: Cell, *texts: str | None) -> list[Any]:
    """Do the same with a cell that is made."""
    rows = _rows(texts)
    read = rows.select(cell.value.alias("value"), cell.is_wrong.alias("wrong"))
    return [WRONG if is_wrong else value for value, is_wrong in read.iter_rows()]


def mistake(make: Maker, text: str) -> tuple[str, str]:
    """Give the code of a wrong text and what the message says was expected."""
    cell = make("value", COLUMN)
    assert read_cell(cell, text) == [WRONG]
    fits = _rows([text]).select(slip.when.alias(str(i)) for i, slip in _slips(cell))
    slip = next((i for i, _ in _slips(cell) if fits[str(i)].item()), None)
    named = cell.named_by(slip)
    return named.code, named.expected


def _slips(cell: Cell) -> list[tuple[int, Any]]:
    return list(enumerate(cell.slips))


def _rows(texts: Any) -> pl.DataFrame:
    column = clean(COLUMN)
    return pl.DataFrame({column: texts}, schema={column: pl.String})
