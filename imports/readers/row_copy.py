"""Rows of text whose columns are found on the way -> a CSV copy that polars scans.

What formats without a fixed header (JSON, spreadsheets) write to scratch, row by row,
in constant memory. A row that ends early has nulls in the columns found after it.
"""

import csv
import re
from collections.abc import Iterator, KeysView, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from imports.errors import MalformedFile
from imports.readers.table import ROW_NUMBER, BadLine, Notice, Table

MAX_COLUMNS = 2_000
#: A table may repeat what stands once in the file, but not without end.
MAX_CHARS = 4 * 1024**3
MAX_CELL_CHARS = 1_000_000
#: Bad lines beyond these are counted with their reasons, without their text.
BAD_LINES_WITH_TEXT = 10_000
MAX_BAD_TEXT_CHARS = 2_000
#: No name of a column has them; the first of them starts the names that we add.
ODD_NAME = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a value or a row, as code and message."""

    code: str
    message: str


def unstorable(text: str, *, place: str) -> Wrong | None:
    """Say what of a text no database holds: a NUL, or half of a character."""
    if text.isascii() and "\x00" not in text:
        return None
    odd = UNSTORABLE.search(text)
    if odd is None:
        return None
    if odd[0] == "\x00":
        return Wrong("nul_character", f"{place} holds the character NUL.")
    return Wrong("lone_surrogate", f"{place} holds half of a character (a surrogate).")


def sayable(name: str) -> str:
    """Give what a table is called in messages."""
    return repr(name) if name else "the file"


class RowCopy:
    """The copy of one table while it is written; `part` when all rows are in."""

    def __init__(self, path: Path, *, name: str) -> None:
        self.path = path
        self.name = name
        self.columns: list[str] = []
        self.bad_lines: list[BadLine] = []
        self.rows_read = 0
        self._places: dict[str, int] = {}
        self._chars = 0
        self._file = path.open("w", newline="", encoding="utf-8")
        # Polars takes the number of columns from the first line; it is filled in last.
        self._file.write(" " * MAX_COLUMNS + "\r\n")
        self._writer = csv.writer(self)

    @property
    def known(self) -> KeysView[str]:
        """The names of the columns found so far."""
        return self._places.keys()

    def write(self, text: str) -> int:
        """Take a written line from the CSV writer, and count it."""
        self._chars += len(text)
        if self._chars > MAX_CHARS:
            raise MalformedFile(
                f"The table of {sayable(self.name)} holds more than {MAX_CHARS:,} "
                "characters. Split the file."
            )
        return self._file.write(text)

    def add_column(self, name: str) -> None:
        """Add a column behind those that are there; refuse too many, and odd names."""
        if not name.strip() or ODD_NAME.search(name):
            raise MalformedFile(
                f"A column of {sayable(self.name)} is named {name!r}. Give it a name of "
                "visible characters."
            )
        if len(self.columns) == MAX_COLUMNS:
            raise MalformedFile(
                f"The table of {sayable(self.name)} has more than {MAX_COLUMNS:,} "
                "columns; its keys seem to be data. Send it with one row for each."
            )
        self._places[name] = len(self.columns)
        self.columns.append(name)

    def add_row(self, number: int, cells: Mapping[str, str | None]) -> None:
        """Write a row of cells by the names of their columns."""
        self.rows_read += 1
        if list(cells) == self.columns:
            self._writer.writerow((number, *cells.values()))
            return
        row: list[str | None] = [None] * len(self.columns)
        for name, cell in cells.items():
            if name not in self._places:
                self.add_column(name)
                row.append(None)
            row[self._places[name]] = cell
        self._writer.writerow((number, *row))

    def add_bad(self, number: int, problem: Wrong, *, text: str) -> None:
        """Count a line that is no row; it is kept with its reason."""
        self.rows_read += 1
        kept = text[:MAX_BAD_TEXT_CHARS]
        if len(self.bad_lines) >= BAD_LINES_WITH_TEXT:
            kept = ""
        self.bad_lines.append(BadLine(number, problem.code, problem.message, kept))

    def close(self) -> None:
        """Close the file; also where its table is refused."""
        self._file.close()

    def part(self, *, header_row: int = 0, formulas_without_value: int = 0) -> "Copied":
        """Close the copy and give it as a part of the file."""
        self._file.seek(0)
        self._file.write("," * len(self.columns))
        self.close()
        return Copied(
            name=self.name,
            columns=tuple(self.columns),
            path=self.path,
            rows_read=self.rows_read,
            bad_lines=self.bad_lines,
            header_row=header_row,
            formulas_without_value=formulas_without_value,
        )


@dataclass(frozen=True)
class Copied:
    """A table that was copied to scratch when the file was opened."""

    name: str
    columns: tuple[str, ...]
    path: Path
    rows_read: int
    bad_lines: list[BadLine] = field(default_factory=list)
    #: Of a sheet: the row that names its columns; those above it are titles.
    header_row: int = 0
    #: Of a sheet: cells that are empty because no program has computed them.
    formulas_without_value: int = 0

    def read(self, *, required: frozenset[str]) -> Table:
        """Scan the copy. A cell that is not there is null, required or not."""
        schema = {ROW_NUMBER: pl.Int64(), **dict.fromkeys(self.columns, pl.String())}
        rows = pl.scan_csv(self.path, has_header=False, schema=schema, glob=False)
        return Table(
            # The first line is no row and has no number.
            rows=rows.filter(pl.col(ROW_NUMBER).is_not_null()),
            columns=self.columns,
            rows_read=self.rows_read,
            bad_lines=self.bad_lines,
            notices=tuple(self._notices()),
        )

    def _notices(self) -> Iterator[Notice]:
        if self.header_row > 1:
            message = (
                f"Row {self.header_row:,} of {sayable(self.name)} names the columns; "
                "those above it count as titles."
            )
            yield Notice("header_below_titles", message, rows=self.header_row - 1)
        if self.formulas_without_value:
            message = (
                f"Cells of {sayable(self.name)} hold formulas that no program has "
                "computed; they count as empty. Save the file in a spreadsheet program."
            )
            yield Notice("formula_without_value", message, self.formulas_without_value)
