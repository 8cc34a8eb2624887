"""CSV line by line, with Python's csv: the good rows, and what is wrong with the rest.

The slow path of `csv_text`, for files that are not plainly rectangular. Loses nothing:
every line is a row, a part of one, blank, or a bad line with its number and reason.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator

from imports.readers.delimited.csv_header import NEVER_CLOSED, Header, sentence
from imports.readers.delimited.encodings import Utf8Text
from imports.readers.delimited.line_ends import open_text
from imports.readers.table import BadLine, BadLines

#: A quoted cell may span so many lines before its quote counts as never closed.
MAX_LINES_PER_CELL = 100
MAX_CELL_CHARS = 1_000_000
NOT_UTF8 = (
    "The line is not UTF-8 as the rest of the file is; its original shows the bytes, "
    "such as \\xe9."
)
#: A byte that is not UTF-8, as `line_ends` gives it.
BAD_BYTE = re.compile("[\udc80-\udcff]")


class Lines:
    """The records of a file that is not rectangular, and what was seen on the way."""

    def __init__(self, text: Utf8Text, *, header: Header, cells_needed: int) -> None:
        self.text = text
        self.header = header
        self.cells_needed = cells_needed
        self.bad = BadLines()
        self.short = 0
        self.rows_read = 0

    def rows(self) -> Iterator[list[str]]:
        """Give every good row as its number and its cells."""
        header = self.header
        for row_number, text in self._texts():
            self.rows_read += 1
            if self.text.is_damaged and BAD_BYTE.search(text):
                self._refuse(row_number, "not_utf8", NOT_UTF8, _with_bytes(text))
                continue
            try:
                cells = self._cells(text)
            except csv.Error as error:
                self._refuse(row_number, "malformed_line", sentence(error), text)
                continue
            if self._is_whole(cells, text):
                self.short += len(cells) < len(header.columns)
                padding = [""] * (header.width - len(cells))
                yield [str(row_number), *cells, *padding]
            else:
                is_short = len(cells) < header.width
                code = "too_few_cells" if is_short else "too_many_cells"
                message = (
                    f"The line has {len(cells)} cells, the header names "
                    f"{len(header.columns)} columns."
                )
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
        if '"' not in text:
            return False
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
        width = self.header.width
        if len(self.header.columns) <= len(cells) <= width:
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
        with open_text(self.text.path, is_damaged=self.text.is_damaged) as file:
            for _ in range(self.header.lines):
                file.readline()
            lines = _Lookahead(file)
            row_number = self.header.first_row_number
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


def _with_bytes(text: str) -> str:
    """Show the bytes that are not UTF-8, such as \\xe9, in the text around them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
