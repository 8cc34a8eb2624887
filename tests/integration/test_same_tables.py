"""The same table in any format and any wrapping gives the same final tables."""

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import zstandard

from imports.models import ImportRun
from races.models import Entrant, Lap, Meeting, Race
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = (
    *("meeting", "meeting_name", "meeting_season", "race", "entrant", "entrant_name"),
    *("lap", "time", "sector1_ms", "position", "in_pit"),
)
Row = tuple[Any, ...]
ROWS: list[Row] = [
    ("spa", "Spà 沙田", 2024, "1", "007", "Ann Lée", 1, "1:02.500", 20_500, 1, False),
    ("spa", "Spà 沙田", 2024, "1", "007", "Ann Lée", 2, "1:01.250", None, 1, True),
    ("spa", "Spà 沙田", 2024, "1", "7", 'Bo "B", Ray', 1, None, 21_000, 2, None),
    ("spa", "Spà 沙田", 2024, "2", "7", 'Bo "B", Ray', 1, "59.9", 20_000, None, False),
]


def as_csv(delimiter: str = ",") -> str:
    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"'

    lines = [delimiter.join(map(cell, row)) for row in [COLUMNS, *ROWS]]
    return "\r\n".join(lines) + "\r\n"


def as_objects() -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def as_padded_objects() -> list[dict[str, Any]]:
    """Give objects as a tool makes them of CSV with blanks in its header."""
    return [{f" {n}": v for n, v in row.items()} | {"": None} for row in as_objects()]


def as_parquet(objects: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    frame = pl.DataFrame(objects, infer_schema_length=None)
    frame.with_columns(pl.selectors.integer().cast(pl.Float64())).write_parquet(out)
    return out.getvalue()


def as_workbook(*titles: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [*([title] for title in titles), COLUMNS, *ROWS]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def as_csv_of(rows: list[Row]) -> bytes:
    """Give some of the rows as a file of their own."""
    header, *lines = as_csv().splitlines(keepends=True)
    return "".join([header, *(lines[ROWS.index(row)] for row in rows)]).encode()


FILES: dict[str, Callable[[], bytes]] = {
    "plain.csv": lambda: as_csv().encode(),
    "bom.csv": lambda: as_csv().encode("utf-8-sig"),
    "utf16.csv": lambda: as_csv().encode("utf-16"),
    "cr.csv": lambda: as_csv().replace("\r\n", "\r").encode(),
    "tabs.tsv": lambda: as_csv("\t").encode(),
    "semicolons.csv": lambda: as_csv(";").encode(),
    "titled.csv": lambda: f"Results of Spa\r\n\r\n{as_csv()}".encode(),
    "objects.json": lambda: json.dumps(as_objects()).encode(),
    "indented.json": lambda: json.dumps(as_objects(), indent=2).encode("utf-8-sig"),
    "lines.ndjson": lambda: "\n".join(map(json.dumps, as_objects())).encode(),
    "typed.parquet": lambda: as_parquet(as_objects()),
    "padded.parquet": lambda: as_parquet(as_padded_objects()),
    "blanks.ndjson": lambda: "\n".join(map(json.dumps, as_padded_objects())).encode(),
    "book.xlsx": as_workbook,
    "sheet.xlsx": lambda: as_workbook("Results", "of Spa"),
    "packed.csv.gz": lambda: gzip.compress(as_csv().encode()),
    "zstd.ndjson.zst": lambda: zstandard.compress(
        "\n".join(map(json.dumps, as_objects())).encode()
    ),
    "one.zip": lambda: as_zip(**{"laps.parquet": as_parquet(as_objects())}),
    "two.zip": lambda: as_zip(
        **{"a/laps.csv": as_csv_of(ROWS[:2]), "b/laps.csv": as_csv_of(ROWS[2:])}
    ),
}


def final_hash(source: str) -> str:
    """Hash all that a source's tables hold, without ids and versions."""
    meetings = Meeting.objects.filter(source=source)
    races = Race.objects.filter(meeting__source=source)
    entrants = Entrant.objects.filter(race__meeting__source=source)
    laps = Lap.objects.filter(entrant__race__meeting__source=source)
    held = [
        sorted(meetings.values_list("key", "name", "season")),
        sorted(races.values_list("meeting__key", "key")),
        sorted(entrants.values_list("race__key", "key", "name")),
        sorted(
            laps.values_list(
                *("entrant__race__key", "entrant__key", "number", "time_ms"),
                *("sector1_ms", "position", "in_pit", "columns"),
            )
        ),
    ]
    assert [len(rows) for rows in held] == [1, 2, 3, 4]
    return hashlib.sha256(repr(held).encode()).hexdigest()


def ingest_as(name: str, *, ingest: Ingest, folder: Path) -> ImportRun:
    path = folder / name
    path.write_bytes(FILES[name]())
    return ingest(path, source=name.split(".")[0])


def test_same_table_is_the_same_in_every_format(
    ingest: Ingest, tmp_path: Path, quick_reader: None
) -> None:
    runs = {name: ingest_as(name, ingest=ingest, folder=tmp_path) for name in FILES}

    assert {name: run.state for name, run in runs.items()} == dict.fromkeys(
        FILES, "succeeded"
    )
    hashes = {name: final_hash(name.split(".")[0]) for name in FILES}
    assert len(set(hashes.values())) == 1, hashes
