"""CSV -> a lazy frame of text columns and `row_number`.

Polars is fast and forgiving: it fills short lines and ignores blank ones. So every
file is first looked over line by line (in polars too), and one that is not plainly
rectangular goes the slow path, which keeps the good lines and names the bad ones.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from imports.errors import EmptyFile, MalformedFile
from imports.readers.csv_lines import (
    FIRST_ROW_NUMBER,
    MAX_CELL_CHARS,
    Header,
    Lines,
    open_text,
    sentence,
)
from imports.readers.table import ROW_NUMBER, Part, Table

#: What may stand around a name. Python's own strip takes some control characters too.
BLANKS = " \t\r\n\u00a0"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
DELIMITERS = (",", ";", "\t", "|")
#: A character that no text has; a file that has it is read line by line.
MARK = "\x1f"


@dataclass(frozen=True)
class CsvPart:
    """The one table of a CSV file."""

    path: Path
    scratch: Path
    header: Header
    name: str = ""
    array: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the header."""
        return self.header.columns

    def read(self, *, required: frozenset[str]) -> Table:
        """Read all lines below the header."""
        return read_csv(
            self.path, header=self.header, required=required, scratch=self.scratch
        )


def open_parts(path: Path, *, scratch: Path) -> list[Part]:
    """Give the one table of the file."""
    return [CsvPart(path=path, scratch=scratch, header=read_header(path))]


def read_csv(
    path: Path, *, header: Header, required: frozenset[str], scratch: Path
) -> Table:
    """Read a CSV file; `scratch` is a folder for the copy of a file with bad lines."""
    try:
        if _is_rectangular(path, header=header):
            return _read_at_once(path, header=header)
        lines = Lines(path, header=header, cells_needed=header.cells_needed(required))
        return _read_line_by_line(lines, copy=scratch / "rows.csv")
    except UnicodeDecodeError:
        raise _not_utf8(path) from None


def read_header(path: Path) -> Header:
    """Give the column names and the delimiter; refuse blank and repeated names."""
    with open_text(path) as lines:
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
        raise MalformedFile(f"The header cannot be read: {sentence(error)}") from None
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


def _read_line_by_line(lines: Lines, *, copy: Path) -> Table:
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
