"""Parquet -> one part of text columns, lazily; rows are numbered from 1.

What the file says of its size is not believed where it is cheap to look: a few bytes
can stand for gigabytes of text, which must be refused before anything writes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from imports.errors import MalformedFile
from imports.readers.column_names import is_nameless, plain
from imports.readers.parquet_files.parquet_text import text_columns, text_length
from imports.readers.row_copy import MAX_CELL_CHARS, MAX_COLUMNS, ODD_NAME
from imports.readers.table import ROW_NUMBER, Table

MAX_ROWS = 50_000_000
MAX_CELLS = 1_000_000_000
MAX_TABLE_BYTES = 16 * 1024**3
#: Of a table that is big: how many bytes of it one byte of the file may stand for.
MAX_RATIO = 1_000
BIG_BYTES = 256 * 1024**2
#: What a number takes in memory, and about what it takes as text.
NUMBER_BYTES = 8

Given = TypeVar("Given")


@dataclass(frozen=True)
class Part:
    """The table of a Parquet file."""

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    rows_read: int
    name: str = ""
    array: str = ""

    def read(self, *, required: frozenset[str]) -> Table:
        """Give the table; a Parquet row has all its cells."""
        return Table(rows=self.rows, columns=self.columns, rows_read=self.rows_read)


def open_parts(path: Path, *, scratch: Path) -> list[Part]:
    """Give the one table of a Parquet file; nothing is copied to scratch."""
    source = pl.scan_parquet(
        path, glob=False, hive_partitioning=False, low_memory=True, cache=False
    )
    schema = _readable(source.collect_schema)
    if hollow := [n for n in schema if is_nameless(n) and _is_empty(source, n)]:
        source = source.drop(hollow)
        schema = source.collect_schema()
    rows_read = _readable(lambda: int(source.select(pl.len()).collect().item()))
    texts = dict(_texts(schema))
    _check_size(rows_read, columns=len(texts))
    _check_count(source, schema, said=rows_read)
    text_bytes = _text_bytes(source, schema)
    _check_ratio(
        text_bytes + rows_read * len(texts) * NUMBER_BYTES,
        file_bytes=path.stat().st_size,
    )
    numbered = source.with_row_index(ROW_NUMBER, offset=1).select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        *(text.alias(name) for name, text in texts.items()),
    )
    return [Part(rows=numbered, columns=tuple(texts), rows_read=rows_read)]


def _is_empty(source: pl.LazyFrame, name: str) -> bool:
    held = source.select(pl.col(name).is_not_null().any())
    return not _readable(lambda: held.collect().item())


def _readable(read: Callable[[], Given]) -> Given:
    """Read, or refuse the file in our words."""
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise MalformedFile(
            f"The Parquet file cannot be read: {reason}. It may be cut off; export it "
            "again."
        ) from None


def _texts(schema: pl.Schema) -> list[tuple[str, pl.Expr]]:
    texts = [
        column
        for place, (name, dtype) in enumerate(schema.items(), start=1)
        for column in text_columns(plain(name, place=place), dtype, pl.col(name))
    ]
    if len(texts) > MAX_COLUMNS:
        raise MalformedFile(
            f"The Parquet file has {len(texts):,} columns, more than {MAX_COLUMNS:,}. "
            "Send it with one row for each."
        )
    names = [name for name, _ in texts]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise MalformedFile(f"Two columns have the name {repeated!r}. Rename one.")
    for name in names:
        if not name.strip() or ODD_NAME.search(name):
            raise MalformedFile(
                f"A column is named {name!r}. Give it a name of visible characters."
            )
    return texts


def _check_size(rows: int, *, columns: int) -> None:
    if rows > MAX_ROWS or rows * columns > MAX_CELLS:
        raise MalformedFile(
            f"The Parquet file has {rows:,} rows of {columns:,} columns, more than "
            f"{MAX_ROWS:,} rows or {MAX_CELLS:,} cells. Split it."
        )


def _check_count(source: pl.LazyFrame, schema: pl.Schema, *, said: int) -> None:
    """Refuse a file that holds more or fewer rows than it says: none would be missed."""
    if not schema:
        return
    first = pl.col(schema.names()[0])
    # Of the cells themselves: a length alone is what the file says.
    counted = first.is_null().sum() + first.is_not_null().sum()
    held = _readable(lambda: source.select(counted).collect(engine="streaming").item())
    if held != said:
        raise MalformedFile(
            f"The Parquet file says that it has {said:,} rows and holds {held:,}: it is "
            "damaged. Export it again."
        )


def _text_bytes(source: pl.LazyFrame, schema: pl.Schema) -> int:
    """Give the bytes of all texts; refuse one that is too long. Nothing is unpacked."""
    lengths = [
        length.cast(pl.UInt64).alias(f"{number}")
        for number, (name, dtype) in enumerate(schema.items())
        if (length := text_length(dtype, pl.col(name))) is not None
    ]
    if not lengths:
        return 0
    sizes = source.select(lengths)
    longest, total = _readable(
        lambda: pl.collect_all(
            [sizes.select(pl.all().max()), sizes.select(pl.all().sum())],
            engine="streaming",
        )
    )
    for number in longest.columns:
        if (longest[number].item() or 0) > MAX_CELL_CHARS:
            raise MalformedFile(
                f"A cell of the column {schema.names()[int(number)]!r} has "
                f"{longest[number].item():,} bytes, more than {MAX_CELL_CHARS:,}. Remove "
                "the column."
            )
    return sum(total.row(0))


def _check_ratio(table_bytes: int, *, file_bytes: int) -> None:
    is_bomb = table_bytes > BIG_BYTES and table_bytes > MAX_RATIO * file_bytes
    if is_bomb or table_bytes > MAX_TABLE_BYTES:
        raise MalformedFile(
            f"The Parquet file's {file_bytes:,} bytes stand for a table of "
            f"{table_bytes:,}. Split it, or send what varies only."
        )
