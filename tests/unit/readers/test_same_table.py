"""The same table is the same text, whatever the format it is sent in."""

import csv
import io
import json
from typing import Any

import openpyxl
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers.delimited import csv_text
from imports.readers.json_documents import json_tables
from imports.readers.parquet_files import parquet
from imports.readers.workbooks import xlsx
from tests.unit.readers.parts import opened

COLUMNS = ["driver", "lap", "seconds", "is pit"]
Row = tuple[str | None, int | None, float | None, bool | None]

# What all formats can hold: XML has no control characters.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8
).filter(lambda text: text == text.strip() and not text.startswith("="))
# What a spreadsheet holds exactly: fifteen digits.
floats = st.integers(-(10**12), 10**12).map(lambda number: number / 1000)
rows = st.tuples(
    st.none() | texts,
    # The key of a row is never empty: a row of empty cells is no row in a sheet.
    st.integers(-(2**53), 2**53),
    st.none() | floats,
    st.none() | st.booleans(),
)


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def from_csv(table: list[Row]) -> list[tuple[Any, ...]]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([as_text(value) for value in row] for row in table)
    cells = opened(csv_text.open_parts, text.getvalue().encode())[""].cells
    return [tuple(cell or None for cell in row) for row in cells]


def from_xlsx(table: list[Row]) -> list[tuple[Any, ...]]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(COLUMNS)
    for row in table:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return opened(xlsx.open_parts, target.getvalue())["Sheet"].cells


def from_parquet(table: list[Row]) -> list[tuple[Any, ...]]:
    types = [pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()]
    schema = dict(zip(COLUMNS, types, strict=True))
    frame = pl.DataFrame(table, schema=schema, orient="row")
    target = io.BytesIO()
    frame.write_parquet(target)
    return opened(parquet.open_parts, target.getvalue())[""].cells


def from_json(table: list[Row], *, by_lines: bool) -> list[tuple[Any, ...]]:
    values = [dict(zip(COLUMNS, row, strict=True)) for row in table]
    text = "\n".join(map(json.dumps, values)) if by_lines else json.dumps(values)
    return opened(json_tables.open_parts, text.encode())[""].cells


@settings(deadline=None, max_examples=50)
@given(table=st.lists(rows, min_size=1, max_size=6))
def test_same_table_in_every_format_is_the_same_text(table: list[Row]) -> None:
    expected = [tuple(as_text(value) or None for value in row) for row in table]

    assert from_csv(table) == expected
    assert from_json(table, by_lines=True) == expected
    assert from_json(table, by_lines=False) == expected
    assert from_parquet(table) == expected
    assert from_xlsx(table) == expected
