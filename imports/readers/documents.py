"""A stored file -> its tables: unpacked, its format told by its first bytes.

What a file is called decides nothing; a name that says otherwise refuses the file.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from imports.errors import (
    ArchiveRefused,
    EmptyFile,
    FileRejected,
    UnknownFormat,
    WrongExtension,
)
from imports.readers.delimited import csv_text
from imports.readers.json_documents import json_tables
from imports.readers.packed import unpack
from imports.readers.packed.unpack import Member
from imports.readers.packed.zip_entries import read_entries
from imports.readers.pages import html_page
from imports.readers.parquet_files import parquet
from imports.readers.sandbox.limits import Limits
from imports.readers.table import Part, Table
from imports.readers.workbooks import xlsx

HEAD_BYTES = 4096
PARQUET = b"PAR1"
#: An object or an array; a name that begins so in a CSV file is not followed so.
JSON = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:[\[\]{"]|$))')
#: A tag; a name in such brackets with a delimiter behind it heads a CSV file.
HTML = re.compile(r"\s*<(?![^<>\r\n]*> *[,;|\t])[!?A-Za-z]")
#: The longer mark first: that of UTF-32 begins like that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Format(StrEnum):
    """What a file can be, as it is said to people."""

    TEXT = "delimited text"
    JSON = "JSON"
    PARQUET = "Parquet"
    WORKBOOK = "an Excel workbook"
    HTML = "an HTML page"
    GZIP = "gzip"
    ZIP = "a zip archive"
    ZSTD = "zstd"


READERS: dict[Format, Callable[..., Sequence[Part]]] = {
    Format.TEXT: csv_text.open_parts,
    Format.JSON: json_tables.open_parts,
    Format.PARQUET: parquet.open_parts,
    Format.WORKBOOK: xlsx.open_parts,
    Format.HTML: html_page.open_parts,
}
PACKED = {
    unpack.GZIP: Format.GZIP,
    unpack.ZSTD: Format.ZSTD,
    unpack.ZIP: Format.ZIP,
    unpack.EMPTY_ZIP: Format.ZIP,
}
#: Formats by the endings of names that promise one.
PROMISES = {
    ".csv": {Format.TEXT},
    ".tsv": {Format.TEXT},
    ".tab": {Format.TEXT},
    ".json": {Format.JSON},
    ".jsonl": {Format.JSON},
    ".ndjson": {Format.JSON},
    ".parquet": {Format.PARQUET},
    ".pq": {Format.PARQUET},
    ".xlsx": {Format.WORKBOOK},
    ".xlsm": {Format.WORKBOOK},
    ".html": {Format.HTML},
    ".htm": {Format.HTML},
    ".gz": {Format.GZIP},
    ".zip": {Format.ZIP},
    ".zst": {Format.ZSTD},
}
#: Formats that are known and not read, by their first bytes.
STRANGERS = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls) or an encrypted one",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"ARROW1": "an Arrow (Feather) file",
    b"PARE": "an encrypted Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}

#: Those that the name of a column may begin with; no text has a NUL.
WORDS = (b"PARE", b"MZ")


@dataclass(frozen=True)
class Inside:
    """A table of a member of an archive."""

    part: Part
    member: str

    @property
    def name(self) -> str:
        """The member, and the table in it where it has several."""
        return f"{self.member}, {self.part.name}" if self.part.name else self.member

    @property
    def array(self) -> str:
        """The path of its array."""
        return self.part.array

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns."""
        return self.part.columns

    def read(self, *, required: frozenset[str]) -> Table:
        """Read its rows."""
        return self.part.read(required=required)


@dataclass(frozen=True)
class Skipped:
    """Members of an archive that systems leave there, and nobody reads."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """A member of an archive that is no table, and why."""

    name: str
    error: FileRejected


def open_parts(
    path: Path, *, name: str, scratch: Path, limits: Limits
) -> Iterator[Part | Unreadable | Skipped]:
    """Give the tables of a file, those of an archive member by member."""
    if path.stat().st_size == 0:
        raise EmptyFile
    if not unpack.is_packed(path):
        yield from _tables(path, name=name, scratch=scratch)
        return
    _check_packed_name(path, name=name, limits=limits)
    package = unpack.unpack(path, scratch=scratch, limits=limits)
    if package.skipped:
        yield Skipped(package.skipped)
    for member in package:
        if len(package.names) > 1:
            yield from _tables_inside(member, scratch=scratch)
            continue
        inner_name = member.name or _inner_name(name)
        yield from _tables(member.path, name=inner_name, scratch=scratch)


def _check_packed_name(path: Path, *, name: str, limits: Limits) -> None:
    """Refuse a packed file whose name promises another; a cut-off workbook as such."""
    found = PACKED[unpack.magic(path)]
    if found is Format.ZIP and Format.WORKBOOK in _promised(name):
        # Its table of contents stands at its end: without it, it is no workbook yet.
        read_entries(path, limits=limits)
    check_name(name, found)


def _tables_inside(member: Member, *, scratch: Path) -> Iterator[Part | Unreadable]:
    try:
        for part in _tables(member.path, name=member.name, scratch=scratch):
            yield Inside(part, member.name)
    except FileRejected as error:
        yield Unreadable(member.name, error)


def _tables(path: Path, *, name: str, scratch: Path) -> Iterable[Part]:
    found = sniff(path)
    if found is Format.TEXT and Format.JSON in _promised(name) and _is_bracketed(path):
        # Only JSON can say what is wrong with it.
        found = Format.JSON
    check_name(name, found)
    return READERS[found](path, scratch=scratch)


def check_name(name: str, found: Format) -> None:
    """Refuse a file whose name promises another format than it has."""
    suffix = PurePath(name).suffix.lower()
    promised = _promised(name)
    if promised and found not in promised:
        raise WrongExtension(
            f"The file is called {suffix} and its content is {found}. Rename it for "
            "what it is, or export it again."
        )


def _promised(name: str) -> set[Format]:
    return PROMISES.get(PurePath(name).suffix.lower(), set())


def _is_bracketed(path: Path) -> bool:
    with path.open("rb") as file:
        return _as_text(file.read(HEAD_BYTES)).lstrip()[:1] in ("[", "{")


def sniff(path: Path) -> Format:
    """Tell the format by the first bytes; raise UnknownFormat where none is read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for magic, stranger in STRANGERS.items():
        is_word = magic in WORDS and b"\0" not in head
        if head.startswith(magic) and not is_word:
            raise UnknownFormat(
                f"The file is {stranger}. Export it as CSV, JSON, Parquet or .xlsx."
            )
    if head.startswith(PARQUET):
        return Format.PARQUET
    if unpack.is_workbook(path):
        return Format.WORKBOOK
    if unpack.is_packed(path):
        raise ArchiveRefused("A packed file holds one that is packed again.")
    text = _as_text(head)
    if HTML.match(text):
        return Format.HTML
    return Format.JSON if JSON.match(text) else Format.TEXT


def _as_text(head: bytes) -> str:
    """Give the first characters, as far as they are plain ones in any encoding."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return head.decode(encoding, errors="replace")
    return head.decode("latin-1")


def _inner_name(name: str) -> str:
    """Give the name without what says that it is packed."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in (".gz", ".zst") else name
