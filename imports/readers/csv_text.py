"""CSV -> a lazy frame of text columns and `row_number`.

Polars is fast and forgiving: it fills short lines and ignores blank ones. So every
file is first looked over line by line (in polars too), and one that is not plainly
rectangular goes the slow path, which keeps the good lines and names the bad ones.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from imports.errors import EmptyFile, MalformedFile
from imports.layouts.cells import OURS

#: The column of row numbers, beside those of the file.
ROW_NUMBER = f"{OURS}row number"
#: The header is row 1, as a spreadsheet shows it.
FIRST_ROW_NUMBER = 2
#: What may stand around a name. Python's own strip takes some control characters too.
BLANKS = " \t\r\n\u00a0"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
DELIMITERS = (",", ";", "\t", "|")
#: A quoted cell may span so many lines before its quote counts as never closed.
MAX_LINES_PER_CELL = 100
MAX_CELL_CHARS = 1_000_000
#: A character that no text has; a file that has it is read line by line.
MARK = "\x1f"
#: What Python's csv says of a quote that is still open.
NEVER_CLOSED = "unexpected end of data"


@dataclass(frozen=True)
class BadLine:
    """A line that is not a row: too short, too long, or with an open quote."""

    row_number: int
    code: str
    message: str
    text: str


@dataclass(frozen=True)
class Table:
    """What was read: a lazy frame of text, its columns, and the lines left out."""

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    rows_read: int
    bad_lines: list[BadLine] = field(default_factory=list)
    #: Lines that end before their last columns, none of them a required one: rows
    #: whose missing cells are empty.
    short_lines: int = 0


@dataclass(frozen=True)
class Header:
    """The columns of a file, and the delimiter between them."""

    columns: tuple[str, ...]
    delimiter: str

    def cells_needed(self, required: frozenset[str]) -> int:
        """Give how many cells a line needs to reach its last required column."""
        return 1 + max(self.columns.index(name) for name in required)


class _Lines:
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
                self._refuse(row_number, "malformed_line", _sentence(error), text)
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
        with _open_text(self.path) as file:
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


def read_csv(
    path: Path, *, header: Header, required: frozenset[str], scratch: Path
) -> Table:
    """Read a CSV file; `scratch` is a folder for the copy of a file with bad lines."""
    try:
        if _is_rectangular(path, header=header):
            return _read_at_once(path, header=header)
        lines = _Lines(path, header=header, cells_needed=header.cells_needed(required))
        return _read_line_by_line(lines, copy=scratch / "rows.csv")
    except UnicodeDecodeError:
        raise _not_utf8(path) from None


def read_header(path: Path) -> Header:
    """Give the column names and the delimiter; refuse blank and repeated names."""
    with _open_text(path) as lines:
        try:
            line = lines.readline(MAX_CELL_CHARS)
        except UnicodeDecodeError:
            raise _not_utf8(path) from None
    if not line.strip():
        raise EmptyFile("The first line is blank; it must name the columns.")
    delimiter = max(DELIMITERS, key=line.count)
    try:
        names = [
            n.strip(BLANKS)
            for n in next(csv.reader([line], delimiter=delimiter, strict=True))
        ]
    except csv.Error as error:
        raise MalformedFile(f"The header cannot be read: {_sentence(error)}") from None
    if repeated := sorted({n for n in names if names.count(n) > 1}):
        raise MalformedFile(
            f"The header names {', '.join(map(repr, repeated))} more than once. "
            "Give every column its own name."
        )
    if "" in names:
        raise MalformedFile(
            f"Column {names.index('') + 1} of the header has no name. Name it."
        )
    for place, name in enumerate(names, start=1):
        if CONTROL.search(name):
            raise MalformedFile(
                f"The name of column {place} holds a control character: {name!r}. "
                "Rename it."
            )
    return Header(columns=tuple(names), delimiter=delimiter)


def _read_at_once(path: Path, *, header: Header) -> Table:
    rows = pl.scan_csv(
        path,
        separator=header.delimiter,
        # The names are ours, trimmed; polars would compare them with the file's.
        has_header=False,
        skip_lines=1,
        schema=dict.fromkeys(header.columns, pl.String()),
        row_index_name=ROW_NUMBER,
        row_index_offset=FIRST_ROW_NUMBER,
        glob=False,
    )
    count = int(rows.select(pl.len()).collect().item())
    return Table(rows=rows, columns=header.columns, rows_read=count)


def _read_line_by_line(lines: _Lines, *, copy: Path) -> Table:
    """Copy the good rows, with their numbers, and collect the bad lines."""
    columns = lines.header.columns
    with copy.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow([ROW_NUMBER, *columns])
        writer.writerows(lines.rows())
    schema = {ROW_NUMBER: pl.Int64(), **dict.fromkeys(columns, pl.String())}
    return Table(
        rows=pl.scan_csv(copy, schema=schema, glob=False),
        columns=columns,
        rows_read=lines.rows_read,
        bad_lines=lines.bad,
        short_lines=lines.short,
    )


def _is_rectangular(path: Path, *, header: Header) -> bool:
    """Whether each line is one row with all its cells, quotes closed, none blank."""
    width, delimiter = len(header.columns), header.delimiter
    line = pl.col("line").str.strip_suffix("\r")
    wrong = line.str.contains("\r", literal=True)
    if _has_quotes(path):
        # A quoted part is one mark; it must be the whole cell, and two marks that
        # touch are an escaped quote. A quote that is left over is an open one.
        line = line.str.replace_all(r'"[^"]*"', MARK)
        other = f"[^{re.escape(delimiter)}{MARK}]"
        wrong |= line.str.contains(f'"|{other}{MARK}|{MARK}{other}')
    wrong |= line.str.count_matches(delimiter, literal=True) != width - 1
    wrong |= line.str.strip_chars(" ").str.len_bytes() == 0
    try:
        found = (
            pl.scan_csv(
                path,
                has_header=False,
                # A line is one cell; one that has the mark itself is an error.
                separator=MARK,
                quote_char=None,
                schema={"line": pl.String()},
                empty_string_is_null=False,
                glob=False,
            )
            .select(wrong.any())
            .collect()
            .item()
        )
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        return False
    return not found


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b'"' in chunk for chunk in iter(lambda: file.read(1 << 20), b""))


def _sentence(error: csv.Error) -> str:
    if NEVER_CLOSED in str(error):
        return "A quote is opened and never closed."
    return f"The line cannot be read: {error}."


def _open_text(path: Path) -> io.TextIOWrapper:
    return path.open(encoding="utf-8-sig", newline="")


def _not_utf8(path: Path) -> MalformedFile:
    """Say which line is not UTF-8: a decoder only knows where in its own buffer."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return MalformedFile(
                    f"Line {number:,} is not UTF-8 text (its byte {error.start + 1:,}). "
                    "Save the file as UTF-8."
                )
    return MalformedFile("The file is not UTF-8 text. Save it as UTF-8.")
