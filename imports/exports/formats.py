"""The formats of exports by the ending of their files; every table can be in each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from imports.exports.tables import ExportedTable
from imports.readers.exported import GUARDED, MARK
from ingestion_site.lib import copy_out


@dataclass(frozen=True)
class Format:
    """How a table becomes the bytes of a file."""

    suffix: str
    media_type: str
    write: Callable[[ExportedTable, QuerySet[Any]], Iterator[bytes]]
    #: Whether packing it makes it no smaller.
    is_packed: bool = False


def _csv(table: ExportedTable, rows: QuerySet[Any]) -> Iterator[bytes]:
    """Give CSV in UTF-8; its last column says that its texts are guarded."""
    names = [*(column.name for column in table.columns), MARK]
    columns = [*table.as_text(guarded=True), copy_out.constant(GUARDED)]
    lines = copy_out.csv_rows(rows, columns)
    # With the first rows: what the server refuses is refused before anything is sent.
    yield (",".join(names) + "\n").encode() + next(lines, b"")
    yield from lines


def _ndjson(table: ExportedTable, rows: QuerySet[Any]) -> Iterator[bytes]:
    """Give an object a line, each with all columns."""
    names = [column.name for column in table.columns]
    return copy_out.json_rows(rows, table.as_json(), names=names)


def _parquet(table: ExportedTable, rows: QuerySet[Any]) -> Iterator[bytes]:
    # It takes some 60 MB to load: only who exports Parquet pays.
    from imports.exports import parquet_file

    return parquet_file.write(table, rows)


FORMATS = {
    each.suffix: each
    for each in (
        Format("csv", "text/csv", _csv),
        Format("ndjson", "application/x-ndjson", _ndjson),
        Format("parquet", "application/vnd.apache.parquet", _parquet, is_packed=True),
    )
}
