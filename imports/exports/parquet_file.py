"""A table -> Parquet, a row group at a time, with the types that its columns have.

PostgreSQL writes the rows as CSV, which takes less than its own binary form, and Arrow
reads them: no value becomes a Python object.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet
from pyarrow import csv, parquet

from imports.exports.outlet import Outlet
from imports.exports.tables import ExportedTable
from imports.layouts.exported import Form
from ingestion_site.lib import copy_out

#: A row group holds about so many bytes of CSV: some 40,000 laps.
GROUP_BYTES = 2 * 1024 * 1024
TYPES = {
    Form.TEXT: pa.string(),
    Form.NUMBER: pa.int32(),
    Form.MILLISECONDS: pa.int64(),
    Form.DECIMAL: pa.decimal128(9, 3),
    Form.TRUTH: pa.bool_(),
    Form.DATE: pa.date32(),
    Form.MOMENT: pa.timestamp("us", tz="UTC"),
    Form.CLOCK: pa.time64("us"),
    Form.OBJECT: pa.string(),
}


def write(table: ExportedTable, rows: QuerySet[Any]) -> Iterator[bytes]:
    """Give the file in pieces; without its last one it is none."""
    schema = pa.schema([(c.name, TYPES[c.form]) for c in table.columns])
    out = Outlet()
    # Keys and words repeat; milliseconds seldom do.
    words = [c.name for c in table.columns if c.form is Form.TEXT]
    with parquet.ParquetWriter(
        out, schema, compression="zstd", use_dictionary=words
    ) as writer:
        lines_of_rows = copy_out.csv_rows(rows, table.as_text(guarded=False))
        for lines in copy_out.joined(lines_of_rows, at_least=GROUP_BYTES):
            writer.write_table(_read(lines, schema))
            yield out.take()
    yield out.take()


def _read(lines: bytes, schema: pa.Schema) -> pa.Table:
    return csv.read_csv(
        pa.BufferReader(lines),
        read_options=csv.ReadOptions(
            column_names=schema.names, use_threads=False, block_size=len(lines) + 1
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            # Unknown is an empty cell; an empty text has quotes.
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
        # Arrow's own pool would keep what it once held.
        memory_pool=pa.system_memory_pool(),
    )
