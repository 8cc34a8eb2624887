"""Open the parts of a file of given bytes, and take their rows out."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imports.readers.table import ROW_NUMBER


@dataclass(frozen=True)
class Opened:
    """One part with its rows: number and cells."""

    part: Any
    rows: list[tuple[Any, ...]]
    bad: list[tuple[int, str]]
    notices: list[tuple[str, int]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        columns: tuple[str, ...] = self.part.columns
        return columns

    @property
    def cells(self) -> list[tuple[str | None, ...]]:
        """The rows without their numbers."""
        return [row[1:] for row in self.rows]


def opened(
    open_parts: Callable[..., list[Any]], write: bytes | Callable[[Path], object]
) -> dict[str, Opened]:
    """Give the parts of a file by their names."""
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder) / "file", Path(folder) / "scratch"
        scratch.mkdir()
        if isinstance(write, bytes):
            path.write_bytes(write)
        else:
            write(path)
        return {part.name: _opened(part) for part in open_parts(path, scratch=scratch)}


def _opened(part: Any) -> Opened:
    table = part.read(required=frozenset())
    rows = table.rows.select(ROW_NUMBER, *table.columns).collect().rows()
    assert table.rows_read == len(rows) + len(table.bad_lines)
    bad = [(line.row_number, line.code) for line in table.bad_lines]
    notices = [(notice.code, notice.rows) for notice in table.notices]
    return Opened(part=part, rows=rows, bad=bad, notices=notices)
