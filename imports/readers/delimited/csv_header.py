"""The first lines of a CSV file -> its columns, its delimiter, and where its rows begin.

Costs the same for any file. Never reads a row.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imports.errors import EmptyFile, MalformedFile
from imports.readers.column_names import BLANKS
from imports.readers.delimited import delimiters
from imports.readers.delimited.encodings import Utf8Text, bad_byte_of
from imports.readers.delimited.line_ends import open_text
from imports.readers.header_row import find_header
from imports.readers.table import Notice

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_COLUMNS = 10_000
MAX_HEADER_CHARS = 1_000_000
#: So much of a name stands in a message.
SHOWN_CHARS = 60
#: The delimiter and the header are found in so many lines that are not blank.
SAMPLE_LINES = 20
#: Above them may stand so many blank ones.
MAX_SAMPLE_LINES = 200


@dataclass(frozen=True)
class Header:
    """The columns of a file, the delimiter between them, and where its rows begin."""

    columns: tuple[str, ...]
    delimiter: str
    #: Lines up to and with the header.
    lines: int = 1
    #: Whether one of these ends with a CR alone, which polars does not take for an end.
    is_cut_by_cr: bool = False
    #: The number of the first row below; the header is row 1 where it is the first line.
    first_row_number: int = 2
    #: Names that stand more than once; the second `X` is the column `X (2)`.
    repeated: frozenset[str] = frozenset()
    #: Columns at the end that have no name.
    nameless: int = 0
    #: Columns at the end, after `columns`, that have neither a name nor a cell.
    hollow: int = 0
    notices: tuple[Notice, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a whole line has."""
        return len(self.columns) + self.hollow

    def cells_needed(self, required: frozenset[str]) -> int:
        """Give how many cells a line needs to reach its last required column."""
        return 1 + max((self.columns.index(name) for name in required), default=0)


def read_header(text: Utf8Text) -> Header:
    """Find the header, which need not be the first line, and name every column."""
    csv.field_size_limit(MAX_HEADER_CHARS)
    lines = _first_lines(text)
    delimiter = delimiters.declared(lines[0])
    separator_lines = 0 if delimiter is None else 1
    every_line, lines = lines, lines[separator_lines:]
    if not any(line.strip(BLANKS) for line in lines):
        raise EmptyFile("The first lines are blank; one must name the columns.")
    delimiter = delimiter or delimiters.choose(lines)
    place = _header_place([_cells(line, delimiter=delimiter) for line in lines])
    line = lines[place]
    if not separator_lines and delimiter not in line:
        delimiter = delimiters.NONE
    count = separator_lines + place + 1
    _check_bytes(line, number=count)
    names = _names(line, delimiter=delimiter)
    counts = Counter(name for name in names if name)
    return Header(
        columns=_columns(names),
        delimiter=delimiter,
        lines=count,
        is_cut_by_cr=any(above.endswith("\r") for above in every_line[:count]),
        first_row_number=place + 2,
        repeated=frozenset(name for name, count in counts.items() if count > 1),
        nameless=_nameless(names),
        notices=_lines_above(place),
    )


def _first_lines(text: Utf8Text) -> list[str]:
    lines: list[str] = []
    filled = 0
    with open_text(text.path, is_damaged=text.is_damaged) as file:
        while filled < SAMPLE_LINES and len(lines) < MAX_SAMPLE_LINES:
            line = file.readline(MAX_HEADER_CHARS)
            filled += bool(line.strip(BLANKS))
            lines.append(line)
            if len(line) == MAX_HEADER_CHARS or not line:
                # What follows is the rest of a line that is too long, or nothing.
                break
    return lines


def _header_place(rows: Sequence[Sequence[str]]) -> int:
    """Give the index of the header: the first row that is not blank is asked first.

    It is the header if it fills half of the cells that most rows fill, whatever a wild
    line below it looks like.
    """
    filled = [sum(bool(cell.strip(BLANKS)) for cell in row) for row in rows]
    first = next((place for place, count in enumerate(filled) if count), 0)
    widths = Counter(count for count in filled if count)
    usual = max(widths, key=lambda width: (widths[width], -width), default=0)
    return first if filled[first] * 2 >= usual else find_header(rows)


def _check_bytes(line: str, *, number: int) -> None:
    if bad_byte := bad_byte_of(line.encode("utf-8", "surrogateescape")):
        raise MalformedFile(
            f"Line {number:,} is not UTF-8 text (its byte {bad_byte:,}), and it names "
            "the columns. Save the file as UTF-8."
        )


def _cells(line: str, *, delimiter: str) -> list[str]:
    """Give the cells of a line that may be anything."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _names(line: str, *, delimiter: str) -> list[str]:
    if len(line) == MAX_HEADER_CHARS or line.count(delimiter) >= MAX_COLUMNS:
        raise MalformedFile(
            f"The header names more than {MAX_COLUMNS:,} columns, or is longer than "
            f"{MAX_HEADER_CHARS:,} characters. Leave out what is no column."
        )
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise MalformedFile(
            f"The header cannot be read: {sentence(error)} Correct it and send the file "
            "again."
        ) from None
    names = [cell.strip(BLANKS) for cell in cells]
    for place, name in enumerate(names, start=1):
        if CONTROL.search(name):
            raise MalformedFile(
                f"The name of column {place} holds a control character: "
                f"{name[:SHOWN_CHARS]!r}. Rename it."
            )
    return names


def _columns(names: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own; no name of the file goes to another."""
    taken = set(names)
    seen = {""}
    numbers: dict[str, int] = {}
    columns = []
    for place, name in enumerate(names, start=1):
        own = stem = name or f"column {place}"
        is_taken = name in seen if name else stem in taken
        seen.add(name)
        while is_taken:
            numbers[stem] = numbers.get(stem, 1) + 1
            own = f"{stem} ({numbers[stem]})"
            is_taken = own in taken
        taken.add(own)
        columns.append(own)
    return tuple(columns)


def _nameless(names: Sequence[str]) -> int:
    """Count the columns at the end that have no name."""
    return next((n for n, name in enumerate(reversed(names)) if name), len(names))


def _lines_above(count: int) -> tuple[Notice, ...]:
    if not count:
        return ()
    message = (
        "Lines stand above the line that names the columns, such as a title; they are "
        "no rows and were left out."
    )
    return (Notice(code="lines_above_header", message=message, rows=count),)


#: What Python's csv says of a quote that is still open.
NEVER_CLOSED = "unexpected end of data"


def sentence(error: csv.Error) -> str:
    """Give what Python's csv says, in words for people."""
    if NEVER_CLOSED in str(error):
        return "A quote is opened and never closed."
    return f"The line cannot be read: {error}."
