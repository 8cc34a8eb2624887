"""CSV -> a lazy frame of text columns and `row_number`.

Polars is fast and forgiving: it fills short lines and ignores blank ones. So every
file is first looked over line by line (in polars too), and one that is not plainly
rectangular goes the slow path, which keeps the good lines and names the bad ones.
"""

import csv
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from imports.readers.delimited.csv_header import Header, read_header
from imports.readers.delimited.csv_lines import Lines
from imports.readers.delimited.encodings import Utf8Text, as_utf8
from imports.readers.table import ROW_NUMBER, Part, Table

#: A character that no text has; a file that has it is read line by line.
MARK = "\x1f"


@dataclass(frozen=True)
class CsvPart:
    """The one table of a CSV file."""

    text: Utf8Text
    header: Header
    #: A folder of its own, for the copy of a file that is read line by line.
    scratch: Path
    name: str = ""
    array: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in the order of the file."""
        return self.header.columns

    @property
    def repeated(self) -> frozenset[str]:
        """Names that stand more than once: which column is meant, nobody can say."""
        return self.header.repeated

    def read(self, *, required: frozenset[str]) -> Table:
        """Read all rows; a line may lack cells, but none of a required column."""
        table = read_csv(
            self.text, header=self.header, required=required, scratch=self.scratch
        )
        notices = self.text.notices + self.header.notices
        return replace(table, notices=notices, repeated=self.repeated)


def open_parts(path: Path, *, scratch: Path) -> list[Part]:
    """Know the encoding and the columns of the one table of the file."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    text = as_utf8(path, scratch=folder)
    header = read_header(text)
    if header.nameless:
        header = _without_hollow_columns(text, header=header)
    return [CsvPart(text, header=header, scratch=folder)]


def read_csv(
    text: Utf8Text, *, header: Header, required: frozenset[str], scratch: Path
) -> Table:
    """Read a CSV file; one that is not plainly rectangular by a copy of its rows."""
    if _is_rectangular(text, header=header):
        return _read_at_once(text.path, header=header)
    lines = Lines(text, header=header, cells_needed=header.cells_needed(required))
    return _read_line_by_line(lines, copy=scratch / "rows.csv")


def _without_hollow_columns(text: Utf8Text, *, header: Header) -> Header:
    """Leave out columns at the end that have no name and no cell in any row.

    Programs that end every line with the delimiter write such a column.
    """
    if _is_rectangular(text, header=header):
        rows = _scan(text.path, header=header)
        last = [pl.col(name) for name in header.columns[-header.nameless :]]
        has_cells = [(column.str.strip_chars() != "").any() for column in last]
        found = list(rows.select(has_cells).collect().row(0))
    else:
        found = [False] * header.nameless
        for _, *cells in Lines(text, header=header, cells_needed=1).rows():
            last_cells = cells[-header.nameless :]
            found = [
                f or bool(c.strip()) for f, c in zip(found, last_cells, strict=True)
            ]
    hollow = next((n for n, f in enumerate(reversed(found)) if f), header.nameless)
    if not hollow:
        return header
    return replace(header, columns=header.columns[:-hollow], hollow=hollow)


def _scan(path: Path, *, header: Header) -> pl.LazyFrame:
    hollow = [f"{MARK}hollow {number}" for number in range(header.hollow)]
    rows = pl.scan_csv(
        path,
        separator=header.delimiter,
        # The names are ours, trimmed; polars would compare them with the file's.
        has_header=False,
        skip_lines=header.lines,
        schema=dict.fromkeys([*header.columns, *hollow], pl.String()),
        row_index_name=ROW_NUMBER,
        row_index_offset=header.first_row_number,
        glob=False,
    )
    return rows.drop(hollow) if hollow else rows


def _read_at_once(path: Path, *, header: Header) -> Table:
    rows = _scan(path, header=header)
    count = int(rows.select(pl.len()).collect().item())
    return Table(rows=rows, columns=header.columns, rows_read=count)


def _read_line_by_line(lines: Lines, *, copy: Path) -> Table:
    """Copy the good rows, with their numbers, and collect the bad lines."""
    columns = lines.header.columns
    width = len(columns)
    with copy.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow([ROW_NUMBER, *columns])
        # Beside its number.
        writer.writerows(row[: width + 1] for row in lines.rows())
    schema = {ROW_NUMBER: pl.Int64(), **dict.fromkeys(columns, pl.String())}
    return Table(
        rows=pl.scan_csv(copy, schema=schema, glob=False),
        columns=columns,
        rows_read=lines.rows_read,
        bad_lines=lines.bad,
        short_lines=lines.short,
    )


def _is_rectangular(text: Utf8Text, *, header: Header) -> bool:
    """Whether each line is one row with all its cells, quotes closed, none blank."""
    width, delimiter = header.width, header.delimiter
    is_odd = text.is_damaged or header.is_cut_by_cr
    if is_odd or (text.has_quotes and delimiter == MARK):
        return False
    line = pl.col("line").str.strip_suffix("\r")
    wrong = line.str.contains("\r", literal=True)
    if text.has_quotes:
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
                text.path,
                has_header=False,
                skip_lines=header.lines,
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
