"""What every reader gives: tables of text, whatever the format they came in."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from imports.layouts.cells import OURS, Cell
from imports.readers.rejects import MAX_KEPT_CHARS

#: The column of row numbers, beside those of the file.
ROW_NUMBER = f"{OURS}row number"
#: Bad lines kept of each code; no fewer than IMPORTS_REJECTIONS_PER_CODE may ask for.
KEPT_PER_CODE = 10_000


@dataclass(frozen=True)
class BadLine:
    """A line that is not a row: too short, too long, or with an open quote."""

    row_number: int
    code: str
    message: str
    text: str


class BadLines:
    """Counts every line that is no row, keeps so many of each code.

    A file may have millions of them; what is kept stays small.
    """

    def __init__(self) -> None:
        self.kept: list[BadLine] = []
        self.counts: Counter[str] = Counter()
        #: The highest number of one.
        self.last_row = 0

    def append(self, line: BadLine) -> None:
        """Count a line, and keep it while there is room."""
        self.counts[line.code] += 1
        self.last_row = max(self.last_row, line.row_number)
        if self.counts[line.code] <= KEPT_PER_CODE:
            self.kept.append(replace(line, text=line.text[:MAX_KEPT_CHARS]))

    def __len__(self) -> int:
        return self.counts.total()

    def __iter__(self) -> Iterator[BadLine]:
        """Give those that are kept."""
        return iter(self.kept)


@dataclass(frozen=True)
class Notice:
    """What a reader should know of a file that was read."""

    code: str
    message: str
    rows: int = 0


@dataclass(frozen=True)
class Table:
    """What was read: a lazy frame of text, its columns, and the lines left out."""

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    rows_read: int
    bad_lines: BadLines = field(default_factory=BadLines)
    #: Lines that end before their last columns, none of them a required one: rows
    #: whose missing cells are empty.
    short_lines: int = 0
    notices: tuple[Notice, ...] = ()
    #: Names that stand more than once in the header; the second `X` is `X (2)`.
    repeated: frozenset[str] = frozenset()
    #: Of a file that corrects another: which row of that file a row is.
    first_row: Cell | None = None

    def with_rows(self, rows: pl.LazyFrame) -> "Table":
        """Give the same table with other rows."""
        return replace(self, rows=rows)


class Part(Protocol):
    """One table of a file: the file itself, a sheet, an array of a JSON document.

    Its columns are known at once; its rows are read when the layout is.
    """

    @property
    def name(self) -> str:
        """What the table is called in its file; empty where the file is one table."""

    @property
    def array(self) -> str:
        """The path of the array in a nested document; empty for other tables."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in the order of the file."""

    def read(self, *, required: frozenset[str]) -> Table:
        """Read all rows; a line may lack cells, but none of a required column."""
