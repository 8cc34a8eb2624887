"""A download of rejected rows that comes back corrected -> rows of the first file."""

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from imports.errors import CorrectsNothing, MalformedFile, NotACorrection
from imports.layouts.cells import Cell, clean
from imports.readers.csv_lines import Header
from imports.readers.reject_columns import (
    COLUMNS,
    ESCAPED,
    ROW_NUMBER,
    is_download,
    unescape,
)
from imports.readers.table import Table


def check_header(header: Header, *, is_correction: bool) -> Header:
    """Give the header unescaped; refuse a download that corrects nothing, or no one."""
    if not is_correction:
        if is_download(header.columns):
            raise CorrectsNothing(
                "The file has the columns of a download of rejected rows, and it is not "
                "said which file it corrects. Bring it on the page of that file, or "
                "with --corrects; or rename its columns that begin with reject_."
            )
        return header
    if ROW_NUMBER not in header.columns:
        raise NotACorrection(
            f"The file is not a download of rejected rows: it has no column "
            f"{ROW_NUMBER!r}. Download the rejected rows, correct them in that file "
            "and bring it again."
        )
    columns = tuple(map(unescape, header.columns))
    if len(set(columns)) < len(columns):
        raise MalformedFile(
            "Two columns of the header have one name but for an apostrophe. "
            "Take the header of the download as it is."
        )
    return replace(header, columns=columns)


def own_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give the columns that the corrected file has itself."""
    return tuple(name for name in columns if name not in COLUMNS)


def own_table(table: Table, *, refused_rows: Collection[int]) -> Table:
    """Give the rows as the corrected file would have them, each with its first row."""
    columns = own_columns(table.columns)
    cells = [pl.col(name).str.replace(ESCAPED, "${1}") for name in columns]
    number = pl.col(ROW_NUMBER).str.strip_chars()
    blank_as_null = pl.when(number != "").then(number).alias(clean(ROW_NUMBER))
    return replace(
        table,
        rows=table.rows.with_columns(*cells, blank_as_null),
        columns=columns,
        first_row=_first_row(refused_rows),
    )


def _first_row(refused_rows: Collection[int]) -> Cell:
    number = pl.col(clean(ROW_NUMBER)).cast(pl.Int64, strict=False)
    refused = pl.Series(sorted(refused_rows), dtype=pl.Int64).implode()
    return Cell(
        name=ROW_NUMBER,
        source=ROW_NUMBER,
        value=pl.when(number.is_in(pl.lit(refused))).then(number),
        code="not_a_reject",
        expected="the number of a row that was refused and waits for its correction",
        is_required=True,
    )
