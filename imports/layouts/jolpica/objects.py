"""The objects of a body of jolpica's data import: how their columns are called.

A row is one object with what stands around it: `objects.number` is its own,
`foreign_keys.round` says what it belongs to, `object_type` what it is.
"""

from dataclasses import dataclass

import polars as pl

from imports.layouts import f1_sessions
from imports.layouts.attributes import held
from imports.layouts.cells import Cell, clean


@dataclass(frozen=True)
class Objects:
    """The columns of the objects of one body, and the path of the body before them."""

    prefix: str
    columns: frozenset[str]

    def own(self, name: str) -> str:
        """Name the column of what an object holds itself."""
        return f"{self.prefix}objects.{name}"

    def foreign(self, name: str) -> str:
        """Name the column of what an object belongs to."""
        return f"{self.prefix}foreign_keys.{name}"

    def has(self, *sources: str) -> bool:
        """Whether the body has all these columns."""
        return self.columns.issuperset(sources)

    def held(self, *values: Cell) -> tuple[Cell, ...]:
        """Give the cells whose columns the body has."""
        return held(self.columns, *values)

    def is_of(self, *types: str) -> pl.Expr:
        """Whether an object is of one of the types: `PitStop`, `pit_stop` and so on."""
        written = pl.col(clean(f"{self.prefix}object_type")).str.to_lowercase()
        known = written.str.replace_all("_", "", literal=True).is_in(list(types))
        return known.fill_null(value=False)

    @property
    def meeting(self) -> tuple[Cell, Cell]:
        """The keys of the meeting that an object belongs to."""
        return f1_sessions.season_round(self.foreign("year"), self.foreign("round"))

    @property
    def race(self) -> tuple[Cell, ...]:
        """The keys of the race that an object belongs to."""
        return (*self.meeting, f1_sessions.race_key(self.foreign("session")))
