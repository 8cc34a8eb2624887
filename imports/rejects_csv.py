"""Rejections of a file in a run -> CSV to correct and bring again.

The columns of `reject_columns`; a byte order mark, for spreadsheets. A line that was
no row stands as it is in `reject_original_text`, its own columns are for who corrects it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from imports.models import Rejection, RunFile
from imports.readers.formula_guard import escape
from imports.readers.reject_columns import COLUMNS
from imports.readers.rejects import MAX_KEPT_CHARS, MAX_PART_CHARS

BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPE = "text/csv; charset=utf-8"
#: Rows that are fetched at a time.
BATCH_ROWS = 500
CUT = f" Cells of {MAX_KEPT_CHARS:,} characters may have been cut there."


def kept(file: RunFile) -> int:
    """Give how many of the file's refused rows are kept, and so in the download."""
    return int(_rejections(file).count())


def file_name(file: RunFile) -> str:
    """Name the download; where not every refused row is kept, the name says so."""
    number = kept(file)
    # The client's name, without what could end a header or a path.
    stem = PurePath(file.name).name.split(".")[0] or "file"
    stem = "".join(c for c in stem[:80] if c.isalnum() or c in " -_")
    part = "" if number == file.rows_rejected else f"-{number}-of-{file.rows_rejected}"
    return f"{stem}-run-{file.run_id}-rejected{part}.csv"


def response(file: RunFile) -> StreamingHttpResponse:
    """Answer a request with the download, line by line."""
    disposition = content_disposition_header(
        as_attachment=True, filename=file_name(file)
    )
    return StreamingHttpResponse(
        lines(file),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": disposition},
    )


def lines(file: RunFile) -> Iterator[str]:
    """Give the download line by line."""
    rejections = _rejections(file)
    columns = _columns_of_tables(file, rejections)
    columns = columns or _columns_of(rejections.exclude(column="").first())
    yield BYTE_ORDER_MARK + _line([*columns, *COLUMNS])
    for rejection in rejections.iterator(chunk_size=BATCH_ROWS):
        yield _line([*_cells(rejection, columns), *_reasons(rejection, columns)])


def _rejections(file: RunFile) -> QuerySet[Rejection]:
    of_file = Rejection.objects.filter(
        run_id=file.run_id, source_file_id=file.source_file_id
    )
    return of_file.order_by("row_number", "pk")


def _columns_of_tables(file: RunFile, rejections: QuerySet[Rejection]) -> list[str]:
    """Give the columns of the tables that have refused rows, not of those beside them.

    With the columns of another table too, a row would be none of its own table's.
    """
    refused = set(rejections.order_by().values_list("part", flat=True).distinct())
    tables = [
        part["columns"]
        for part in file.parts
        if "layout" in part and part["name"][:MAX_PART_CHARS] in refused
    ]
    return list(dict.fromkeys(name for table in tables for name in table)) or list(
        file.columns
    )


def _columns_of(rejection: Rejection | None) -> list[str]:
    """Give the columns of a run that did not keep them, in the order that it has."""
    return list(rejection.original) if rejection else []


def _cells(rejection: Rejection, columns: list[str]) -> list[str]:
    row = _row(rejection)
    return [row.get(name) or "" for name in columns]


def _row(rejection: Rejection) -> Mapping[str, str | None]:
    """Give the cells of a row; a line that is no row names no column."""
    return rejection.original if rejection.column else {}


def _reasons(rejection: Rejection, columns: list[str]) -> list[str]:
    texts = [text or "" for text in rejection.original.values()]
    is_cut = any(len(text) == MAX_KEPT_CHARS for text in texts)
    return [
        str(rejection.row_number),
        rejection.code,
        rejection.message + (CUT if is_cut else ""),
        _text(_cells(rejection, columns)) if rejection.column else "".join(texts),
    ]


def _text(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _line(cells: list[str]) -> str:
    return _text([escape(cell) for cell in cells]) + "\r\n"
