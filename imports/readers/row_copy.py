"""Rows of text whose columns are found on the way -> a CSV copy that polars scans.

What formats without a fixed header (JSON, spreadsheets) write to scratch, row by row,
in constant memory. A row that ends early has nulls in the columns found after it.
"""

import csv
import re
from collections.abc import Iterator, KeysView, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from imports.errors import MalformedFile
from imports.readers.table import ROW_NUMBER, BadLine, BadLines, Notice, Table

MAX_COLUMNS = 2_000
#: A table may repeat what stands once in the file, but not without end.
MAX_CHARS = 4 * 1024**3
#: So many whatever the size of the file, and beyond so many for each of its bytes.
FREE_CHARS = 256 * 1024**2
MAX_RATIO = 100
MAX_CELL_CHARS = 1_000_000
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


def chars_allowed(path: Path) -> int:
    """Give how many characters a table may hold that a file of this size states."""
    by_size = max(FREE_CHARS, path.stat().st_size * MAX_RATIO)
    return min(MAX_CHARS, by_size)


class RowCopy:
    """The copy of one table while it is written; `part` when all rows are in."""

    def __init__(self, path: Path, *, name: str, max_chars: int) -> None:
        self.path = path
        self._max_chars = max_chars
        self.name = name
        self.columns: list[str] = []
        self.bad_lines = BadLines()
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
        if self._chars > self._max_chars:
            raise MalformedFile(
                f"The table of {sayable(self.name)} holds more than "
                f"{self._max_chars:,} characters, from a file that is much smaller. Send "
                "what varies only, or split the file."
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
        self.bad_lines.append(BadLine(number, problem.code, problem.message, text))

    def close(self) -> None:
        """Close the file; also where its table is refused."""
        self._file.close()

    def part(
        self,
        *,
        array: str = "",
        header_row: int = 0,
        formulas_without_value: int = 0,
    ) -> "Copied":
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
            array=array,
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
    bad_lines: BadLines
    #: The path of the array of a document that it was.
    array: str = ""
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
        where = f" of sheet {self.name!r}"
        if self.header_row > 1:
            above = self.header_row - 1
            message = f"The rows above the names of the columns{where} are titles."
            yield Notice("lines_above_header", message, above)
        if self.formulas_without_value:
            message = (
                f"Cells{where} hold formulas that no program has computed; they count "
                "as empty. Open the workbook and save it to compute them."
            )
            yield Notice("formulas_without_value", message, self.formulas_without_value)
