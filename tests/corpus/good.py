"""One good table in every format: what the faults are put into."""

import gzip
import io
import json
import zipfile
from functools import cache

import openpyxl
import polars as pl
import zstandard

from tests.corpus.bad_file import LAPS, laps, lines

ROWS = 200
EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def csv() -> bytes:
    """Give the table as CSV."""
    return lines(*laps(ROWS))


def _objects() -> list[dict[str, str]]:
    names = LAPS.split(",")
    return [dict(zip(names, row.split(","), strict=True)) for row in laps(ROWS)]


@cache
def json_array() -> bytes:
    """Give the table as an array of objects."""
    return json.dumps(_objects()).encode()


@cache
def json_lines() -> bytes:
    """Give the table as an object a line."""
    return "\n".join(map(json.dumps, _objects())).encode() + b"\n"


def parquet_of(frame: pl.DataFrame, **options: object) -> bytes:
    """Give a frame as Parquet."""
    target = io.BytesIO()
    frame.write_parquet(target, **options)  # type: ignore[arg-type]
    return target.getvalue()


@cache
def parquet() -> bytes:
    """Give the table as Parquet."""
    return parquet_of(pl.DataFrame(_objects()))


def workbook_of(rows: list[list[object]], *, sheet: str = "laps") -> bytes:
    """Give rows as a workbook of one sheet."""
    book = openpyxl.Workbook()
    assert book.active
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@cache
def workbook() -> bytes:
    """Give the table as a workbook."""
    header: list[object] = list(LAPS.split(","))
    return workbook_of([header, *(list(row.split(",")) for row in laps(ROWS))])


def edited(data: bytes, part: str, text: bytes | None, **also: bytes) -> bytes:
    """Give a workbook with other bytes as one of its parts; None leaves it out."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()} | also
        if text is None:
            del parts[part]
        else:
            parts[part] = text
        for name, content in parts.items():
            new.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


OVERRIDE = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
    b'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
TYPES = "[Content_Types].xml"


def with_texts(data: bytes, texts: bytes) -> bytes:
    """Give a workbook that has these bytes as its shared texts."""
    types = part_of(data, TYPES)
    if b"sharedStrings" not in types:
        data = edited(data, TYPES, types.replace(b"</Types>", OVERRIDE))
    return edited(data, "xl/sharedStrings.xml", texts)


def part_of(data: bytes, name: str) -> bytes:
    """Give a part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def gzipped(data: bytes) -> bytes:
    """Give bytes as gzip."""
    return gzip.compress(data, mtime=0)


def zipped(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a ZIP file of these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, method)
    return target.getvalue()


def zstd(data: bytes) -> bytes:
    """Give bytes as Zstandard."""
    return zstandard.ZstdCompressor().compress(data)
