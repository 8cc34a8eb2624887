"""CSV line by line, with Python's csv: the good rows, and what is wrong with the rest.

The slow path of `csv_text`, for files that are not plainly rectangular. Loses nothing:
every line is a row, a part of one, blank, or a bad line with its number and reason.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imports.readers.table import BadLine

#: The header is row 1, as a spreadsheet shows it.
FIRST_ROW_NUMBER = 2
#: A quoted cell may span so many lines before its quote counts as never closed.
MAX_LINES_PER_CELL = 100
MAX_CELL_CHARS = 1_000_000
#: What Python's csv says of a quote that is still open.
NEVER_CLOSED = "unexpected end of data"


@dataclass(frozen=True)
class Header:
    """The columns of a file, and the delimiter between them."""

    columns: tuple[str, ...]
    delimiter: str

    def cells_needed(self, required: frozenset[str]) -> int:
        """Give how many cells a line needs to reach its last required column."""
        return 1 + max(self.columns.index(name) for name in required)


class Lines:
    """The records of a file that is not rectangular, and what was seen on the way."""

    def __init__(self, path: Path, *, header: Header, cells_needed: int) -> None:
        self.path = path
        self.header = header
        self.cells_needed = cells_needed
        self.bad: list[BadLine] = []
        self.short = 0
        self.rows_read = 0

    def rows(self) -> Iterator[list[str]]:
        """Give every good row as its number and its cells."""
        width = len(self.header.columns)
        for row_number, text in self._texts():
            self.rows_read += 1
            try:
                cells = self._cells(text)
            except csv.Error as error:
                self._refuse(row_number, "malformed_line", sentence(error), text)
                continue
            if self._is_whole(cells, text):
                self.short += len(cells) < width
                padding = [""] * (width - len(cells))
                yield [str(row_number), *cells, *padding]
            else:
                code = "too_few_cells" if len(cells) < width else "too_many_cells"
                message = f"The line has {len(cells)} cells, the header names {width} columns."
                self._refuse(row_number, code, message, text)

    def _record(self, line: str, *, lines: "_Lookahead") -> str:
        """Give the line, or with those that its quoted cell spans besides.

        Where the quote is not closed as it should be, the record is the line alone
        and the others are read again.
        """
        if not self._is_open(line):
            return line
        taken = [line]
        while len(taken) < MAX_LINES_PER_CELL and (following := lines.take()):
            taken.append(following)
            text = "".join(taken)
            if '"' in following and not self._is_open(text):
                if self._is_record(text):
                    return text
                break
        lines.give_back(taken[1:])
        return line

    def _is_open(self, text: str) -> bool:
        """Whether the text ends inside a quoted cell."""
        try:
            self._cells(text)
        except csv.Error as error:
            return NEVER_CLOSED in str(error)
        return False

    def _is_record(self, text: str) -> bool:
        try:
            self._cells(text)
        except csv.Error:
            return False
        return True

    def _is_whole(self, cells: list[str], text: str) -> bool:
        width = len(self.header.columns)
        if len(cells) == width:
            return True
        # A line without its end is where the file was cut off.
        return self.cells_needed <= len(cells) < width and text.endswith(("\n", "\r"))

    def _cells(self, text: str) -> list[str]:
        lines = io.StringIO(text, newline="")
        return next(csv.reader(lines, delimiter=self.header.delimiter, strict=True))

    def _refuse(self, row_number: int, code: str, message: str, text: str) -> None:
        self.bad.append(BadLine(row_number, code, message, text.rstrip("\r\n")))

    def _texts(self) -> Iterator[tuple[int, str]]:
        """Give the text of every record below the header, with its row number."""
        csv.field_size_limit(MAX_CELL_CHARS)
        with open_text(self.path) as file:
            file.readline()
            lines = _Lookahead(file)
            row_number = FIRST_ROW_NUMBER
            while line := lines.take():
                if line.strip(" \r\n"):
                    yield row_number, self._record(line, lines=lines)
                # A blank line is no row, and a spreadsheet counts it all the same.
                row_number += 1


class _Lookahead:
    """The lines of a file, some of which can be given back to be taken again."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._given_back: deque[str] = deque()

    def take(self) -> str:
        """Give the next line, or nothing at the end."""
        return self._given_back.popleft() if self._given_back else self._file.readline()

    def give_back(self, lines: list[str]) -> None:
        """Put lines before those to come."""
        self._given_back.extendleft(reversed(lines))


def sentence(error: csv.Error) -> str:
    """Give what Python's csv says, in words for people."""
    if NEVER_CLOSED in str(error):
        return "A quote is opened and never closed."
    return f"The line cannot be read: {error}."


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a UTF-8 file, with or without a byte order mark, its line ends kept."""
    return path.open(encoding="utf-8-sig", newline="")
