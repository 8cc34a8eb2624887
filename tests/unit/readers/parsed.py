"""A CSV file as bytes -> its rows, taken out of the lazy frame."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from imports.readers.delimited import csv_text
from imports.readers.table import Table


@dataclass(frozen=True)
class Parsed:
    """A table with its rows taken out of the lazy frame: number and cells."""

    table: Table
    rows: list[tuple[Any, ...]]

    @property
    def bad(self) -> list[tuple[int, str]]:
        """Row number and code of every bad line."""
        return [(line.row_number, line.code) for line in self.table.bad_lines]


def parse(content: str | bytes, *, required: set[str] | None = None) -> Parsed:
    """Read a file of these bytes; all of its columns are required unless said."""
    data = content.encode() if isinstance(content, str) else content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(data)
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        [part] = csv_text.open_parts(path, scratch=scratch)
        needed = frozenset(part.columns if required is None else required)
        table = part.read(required=needed)
        assert table.columns == part.columns
        frame = table.rows.select(csv_text.ROW_NUMBER, *table.columns).collect()
    rows = frame.with_columns(pl.col(pl.String).fill_null("")).rows()
    return Parsed(table=table, rows=rows)
