"""What a layout is: which columns it is known by, and the rows that a line states."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from imports.layouts.cells import Cell

#: Keys of a canonical row, outermost first; `number` is a lap's or a stop's.
KEYS = ("meeting_key", "race_key", "key", "number")
#: What may be said of a whole file: the key of its meeting and of its race.
SAYABLE = ("meeting", "race")


@dataclass(frozen=True)
class CanonicalTable:
    """The rows of one kind that a file states: which cells make keys and values."""

    kind: str
    keys: tuple[Cell, ...]
    values: tuple[Cell, ...] = ()
    #: Lines that state no such row (a null condition counts as no).
    where: pl.Expr | None = None
    #: Several lines state the same row (an entrant in each of its laps): equal ones
    #: are one.
    is_distinct: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Keys and values."""
        return self.keys + self.values


@dataclass(frozen=True)
class Layout:
    """A kind of file: `family.file`, known by its columns."""

    name: str
    required: frozenset[str]
    #: The canonical tables, given the columns that the file has; none of a file that
    #: is known and holds nothing that we store.
    tables: Callable[[frozenset[str]], tuple[CanonicalTable, ...]]
    #: Columns that it knows besides: all of them where it is strict or exact, else
    #: examples of those that no name can be asked for.
    optional: frozenset[str] = frozenset()
    #: Columns that tell a sibling: a file with one of them is not of this layout.
    excluded: frozenset[str] = frozenset()
    null_markers: tuple[str, ...] = ("",)
    #: Whether a column it does not know is refused (a misspelt one is not lost).
    is_strict: bool = False
    #: Whether it fits a table with no other columns than its own only.
    is_exact: bool = False
    prepare: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    #: What such a file does not say itself, of `SAYABLE`: its uploader must.
    says: frozenset[str] = frozenset()
    #: Which of `says` columns say, given those that a file has.
    columns_say: Callable[[frozenset[str]], frozenset[str]] | None = None
    #: What it says, of `SAYABLE`, and its uploader may name in another way: a column
    #: that is null where nobody did.
    may_say: frozenset[str] = frozenset()
    #: Columns that say something in a whole file only, such as stops that are counted:
    #: of corrected rows they are left aside.
    whole: frozenset[str] = frozenset()
    #: Of a nested document: the path of the array that holds its rows.
    array: str = ""
    #: Whether its rows are only what stands around the rows of another array: they are
    #: passed over, and not counted.
    is_envelope: bool = False
    #: One sentence of what such a file is, for docs/layouts.md.
    about: str = ""

    def fits(self, columns: frozenset[str], *, array: str = "") -> bool:
        """Whether a table with these columns is of this layout.

        The columns of an array stand in the arrays inside it too, so that an array is
        known by its path as well.
        """
        is_its_array = not array or array == self.array
        return is_its_array and self.required <= columns and not self._bars(columns)

    def _bars(self, columns: frozenset[str]) -> bool:
        if self.is_exact and columns - self.required - self.optional:
            return True
        return bool(self.excluded & columns)

    def unsaid(self, columns: frozenset[str]) -> frozenset[str]:
        """Give what a file with these columns does not say: its uploader must."""
        if self.columns_say is None:
            return self.says
        return self.says - self.columns_say(columns)

    def likeness(self, columns: frozenset[str]) -> float:
        """Give the share of its required columns that are there; 0 for a sibling's."""
        if self._bars(columns):
            return 0.0
        return len(self.required & columns) / len(self.required)

    def unknown_columns(self, columns: frozenset[str]) -> frozenset[str]:
        """Give the columns that a strict layout does not know."""
        if not self.is_strict:
            return frozenset()
        return columns - self.required - self.optional
