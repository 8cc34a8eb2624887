"""What runs in the child process: read a file, recognise it, send canonical rows.

Takes one JSON request a line on stdin (path, file number, name), answers with the
messages of `frames` on stdout. Holds no secret and no database connection.
"""

import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import polars as pl

from imports import layouts
from imports.errors import EmptyFile, FileRejected
from imports.layouts.layout import Layout
from imports.readers import (
    canonical_rows,
    corrections,
    csv_text,
    gzip_bytes,
    reject_columns,
)
from imports.readers.frames import write_message
from imports.readers.rejects import RejectionLog
from imports.readers.table import Table

#: Polars reserves 1.3 GB of address space and touches a tenth of it.
ADDRESS_SPACE_BYTES = 4 * 1024**3


def main() -> None:
    """Serve requests until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe = sys.stdout.buffer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        with tempfile.TemporaryDirectory() as scratch:
            _answer(request, pipe=pipe, scratch=Path(scratch))
        pipe.flush()


def _answer(request: dict[str, Any], *, pipe: IO[bytes], scratch: Path) -> None:
    try:
        result = _send_file(request, pipe=pipe, scratch=scratch)
    except FileRejected as error:
        _refuse(pipe, type(error).__name__, str(error))
    except pl.exceptions.PolarsError as error:
        first_line = str(error).splitlines()[0]
        _refuse(pipe, "MalformedFile", f"The file cannot be read: {first_line}")
    else:
        write_message(pipe, "R", result)


def _refuse(pipe: IO[bytes], error_type: str, message: str) -> None:
    write_message(pipe, "X", {"type": error_type, "message": message})


def _send_file(
    request: dict[str, Any], *, pipe: IO[bytes], scratch: Path
) -> dict[str, Any]:
    path = Path(request["path"])
    if path.stat().st_size == 0:
        raise EmptyFile
    if gzip_bytes.is_gzip(path):
        path = gzip_bytes.unpack(path, scratch=scratch)
        if path.stat().st_size == 0:
            raise EmptyFile("The gzip file holds nothing. Export it again.")
    table, layout = _read(
        path, refused_rows=request.get("refused_rows"), scratch=scratch
    )
    if table.rows_read == 0:
        raise EmptyFile(
            f"The file has the header of {layout.name} and no rows. Export it again "
            "if it should have some."
        )
    log = RejectionLog(per_code=request["rejections_per_code"])
    log.add_bad_lines(table.bad_lines)
    sent = canonical_rows.send(
        table, layout=layout, file_number=request["file_number"], pipe=pipe, log=log
    )
    return {
        "layout": layout.name,
        "columns": table.columns,
        "rows_read": table.rows_read,
        "rows_rejected": log.total,
        "rejections": log.kept,
        "notices": _notices(table),
        **sent,
    }


def _read(
    path: Path, *, refused_rows: list[int] | None, scratch: Path
) -> tuple[Table, Layout]:
    """Read a file; one that corrects another, by the rows that were refused there."""
    is_correction = refused_rows is not None
    header = csv_text.read_header(path)
    header = corrections.check_header(header, is_correction=is_correction)
    layout = layouts.recognise(corrections.own_columns(header.columns))
    required = layout.required
    if is_correction:
        required |= {reject_columns.ROW_NUMBER}
    table = csv_text.read_csv(path, header=header, required=required, scratch=scratch)
    if refused_rows is not None:
        table = corrections.own_table(table, refused_rows=refused_rows)
    return table, layout


def _notices(table: Table) -> list[dict[str, Any]]:
    if not table.short_lines:
        return []
    message = (
        "Lines end before their last columns; the cells that are not there count as "
        "empty."
    )
    return [{"code": "short_lines", "message": message, "rows": table.short_lines}]


if __name__ == "__main__":
    main()
