"""The first rows of a sheet -> which of them names the columns.

Exports for people begin with a title and a date before the header. Pure; never changes
its mind about a file whose first row is the header: no row of a table is wider than it.
"""

import re
from collections.abc import Sequence

#: So many rows are looked at.
ROWS_LOOKED_AT = 50
#: What data looks like and names of columns do not: numbers, times, dates.
DATUM = re.compile(r"[-+]?[0-9][0-9.,:/\- TZ%]*")


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Give the index of the header row; 0 where nothing says otherwise.

    A later row is the header if its cells are names (distinct, mostly text, at least
    two), every row above fills at most half as many cells as it does, and a row below
    fills more than half as many. Of several such rows it is the last, the widest.
    """
    sample = [[cell for cell in row if cell.strip()] for row in rows[:ROWS_LOOKED_AT]]
    found, widest_above = 0, 0
    for index, cells in enumerate(sample):
        below = [len(other) for other in sample[index + 1 :] if other]
        is_wide = index > 0 and len(cells) >= 2 * widest_above
        if is_wide and _are_names(cells) and _has_rows(below, width=len(cells)):
            found = index
        widest_above = max(widest_above, len(cells))
    return found if found or not sample or sample[0] else _first_filled(sample)


def _are_names(cells: list[str]) -> bool:
    texts = [cell.strip() for cell in cells if not DATUM.fullmatch(cell.strip())]
    return len(texts) >= 2 and len(set(texts)) == len(texts) > len(cells) / 2


def _has_rows(below: list[int], *, width: int) -> bool:
    """Whether a row below is of the same table; a header may be the last row of all."""
    return not below or any(filled * 2 > width for filled in below)


def _first_filled(sample: list[list[str]]) -> int:
    return next((index for index, cells in enumerate(sample) if cells), 0)
