"""A table that we exported as CSV -> the table as it is stored: its guards come off.

Such a table has the column `MARK`, and 1 in it in each row whose texts are guarded. Of
other rows, and of other tables, not a character is taken away.
"""

from dataclasses import dataclass, replace

import polars as pl

from imports.readers.formula_guard import ESCAPED
from imports.readers.table import Part, Table

#: Ours in every file, and in CSV only: other formats need no guards.
MARK = "scrutineer_guard"
GUARDED = "1"


@dataclass(frozen=True)
class Unguarded:
    """The table without its guards, and without the column that tells of them."""

    part: Part

    @property
    def name(self) -> str:
        """What it is called in its file."""
        return self.part.name

    @property
    def array(self) -> str:
        """The path of its array."""
        return self.part.array

    @property
    def columns(self) -> tuple[str, ...]:
        """Its own columns."""
        return tuple(name for name in self.part.columns if name != MARK)

    def read(self, *, required: frozenset[str]) -> Table:
        """Read the rows; a line that ends before its mark is none."""
        table = self.part.read(required=required | {MARK})
        is_guarded = pl.col(MARK).str.strip_chars() == GUARDED
        cells = [
            pl.when(is_guarded)
            .then(pl.col(name).str.replace(ESCAPED, "${1}"))
            .otherwise(pl.col(name))
            .alias(name)
            for name in self.columns
        ]
        rows = table.rows.with_columns(cells).drop(MARK)
        return replace(table, rows=rows, columns=self.columns)


def without_guards(part: Part) -> Part:
    """Give the table, unguarded if it is one that we exported."""
    return Unguarded(part) if MARK in part.columns else part
