"""Gzip, Zstandard and ZIP -> the files inside, one after another in a scratch folder.

What comes out is counted while it streams, so a bomb ends at its bound. Names are
told and never used as paths. A workbook is a ZIP too and no business of this module;
nothing that is packed inside a packed file is unpacked.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from imports.errors import ArchiveRefused, EmptyFile, FileRejected, MalformedFile
from imports.readers.packed import zip_entries
from imports.readers.packed.zip_entries import Entry, shown
from imports.readers.sandbox.limits import MIB, Limits

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
MAGICS = (GZIP, ZSTD, ZIP, EMPTY_ZIP)
CHUNK_BYTES = MIB
#: Of Zstandard: a kibibyte of it gives at most 32 MiB at once.
ZSTD_CHUNK_BYTES = 1024
#: What `zstd` itself takes without being told to.
ZSTD_WINDOW_BYTES = 128 * MIB
WORKBOOK_PARTS = {"[content_types].xml", "xl/workbook.xml"}


@dataclass(frozen=True)
class Member:
    """A file that was inside: its name there ("" where it has none), its bytes."""

    name: str
    path: Path


class Package:
    """What a packed file holds; iterate once to get it, a member at a time.

    The bytes of a member are gone when the next one is asked for.
    """

    def __init__(self, path: Path, *, scratch: Path, limits: Limits) -> None:
        self._path = path
        self._target = scratch / "unpacked"
        self._counter = _Counter(limits.unpacked_at_most(path.stat().st_size))
        self._kind = magic(path)
        self._entries: tuple[Entry, ...] = ()
        #: What systems leave in archives, by name; not unpacked.
        self.skipped: tuple[str, ...] = ()
        if self._kind in (ZIP, EMPTY_ZIP):
            found = zip_entries.read_entries(path, limits=limits)
            self._entries, self.skipped = found.members, found.skipped
            if not self._entries:
                raise EmptyFile("The ZIP file holds no file. Pack it again.")
        #: The names of the members, in their order.
        self.names = tuple(entry.name for entry in self._entries) or ("",)

    def __iter__(self) -> Iterator[Member]:
        for name, chunks in self._streams():
            try:
                yield self._written(name, chunks)
            finally:
                self._target.unlink(missing_ok=True)

    def _streams(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        if self._kind == GZIP:
            yield "", _gzip_chunks(self._path)
        elif self._kind == ZSTD:
            yield "", _zstd_chunks(self._path)
        for entry in self._entries:
            yield entry.name, _entry_chunks(self._path, entry)

    def _written(self, name: str, chunks: Iterator[bytes]) -> Member:
        size = 0
        try:
            with self._target.open("wb") as out:
                for chunk in chunks:
                    size += len(chunk)
                    self._counter.add(len(chunk))
                    out.write(chunk)
        except DAMAGE as error:
            raise MalformedFile(
                f"{_place(name)} is cut off or damaged after {size:,} unpacked bytes "
                f"({error}). Send it again."
            ) from None
        if not size and len(self.names) == 1:
            raise EmptyFile(f"{_place(name)} holds nothing. Export it again.")
        if is_packed(self._target):
            raise ArchiveRefused(
                f"{_place(name)} holds a file that is packed again. Send that one itself."
            )
        return Member(name=name, path=self._target)


def is_packed(path: Path) -> bool:
    """Whether the file starts as a packed one does, whatever its name says."""
    return magic(path) in MAGICS and not is_workbook(path)


def is_workbook(path: Path) -> bool:
    """Whether the file is a ZIP file with the parts of a spreadsheet."""
    if magic(path) != ZIP:
        return False
    try:
        found = zip_entries.read_entries(path, limits=WORKBOOK_LIMITS)
    except FileRejected:
        return False
    return {entry.name.lower() for entry in found.members} >= WORKBOOK_PARTS


def unpack(path: Path, *, scratch: Path, limits: Limits) -> Package:
    """Open a packed file; what can be refused without unpacking is refused here."""
    return Package(path, scratch=scratch, limits=limits)


#: To be called a workbook, its table of contents must be plain; no more.
WORKBOOK_LIMITS = Limits(unpacked_bytes=1 << 62, unpacked_ratio=1 << 32)


class _Damage(Exception):
    """The packed bytes are not what they should be."""


DAMAGE = (_Damage, EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)


class _Counter:
    """Counts what comes out of one packed file, all members together."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._count = 0

    def add(self, size: int) -> None:
        self._count += size
        if self._count > self._bound:
            raise ArchiveRefused(
                f"The file unpacks to more than the {self._bound // MIB:,} MiB that a "
                "packed file of its size may hold. Send it unpacked, or in parts."
            )


def magic(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(len(ZSTD))
    return next((magic for magic in MAGICS if head.startswith(magic)), b"")


def _place(name: str) -> str:
    return f"{shown(name)} in the ZIP file" if name else "The packed file"


def _gzip_chunks(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as packed:
        while chunk := packed.read(CHUNK_BYTES):
            yield chunk


def _zstd_chunks(path: Path) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    frame = unpacker.decompressobj()
    is_whole = False
    with path.open("rb") as packed:
        while chunk := packed.read(ZSTD_CHUNK_BYTES):
            while chunk:
                if is_whole:
                    frame = unpacker.decompressobj()
                yield frame.decompress(chunk)
                is_whole, chunk = frame.eof, frame.unused_data
    if not is_whole:
        raise _Damage("it ends too early")


def _entry_chunks(path: Path, entry: Entry) -> Iterator[bytes]:
    """Unpack one entry; its size and its checksum must be what is said of it."""
    size = crc = 0
    with path.open("rb") as file:
        file.seek(entry.start)
        unpacked = _inflated if entry.is_deflated else _stored
        for chunk in unpacked(file, entry.packed_bytes):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            if size > entry.size_bytes:
                raise _Damage(f"it says that it has {entry.size_bytes:,} bytes")
            yield chunk
    if size < entry.size_bytes:
        raise _Damage(f"it says that it has {entry.size_bytes:,} bytes")
    if crc != entry.crc:
        raise _Damage("its checksum is another")


def _stored(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left and (chunk := file.read(min(left, CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk


def _inflated(file: IO[bytes], left: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(file, left):
        while packed and not stream.eof:
            yield stream.decompress(packed, CHUNK_BYTES)
            packed = stream.unconsumed_tail
        left -= len(packed)
    while not stream.eof and (chunk := stream.decompress(b"", CHUNK_BYTES)):
        yield chunk
    if not stream.eof:
        raise _Damage("it ends too early")
    if stream.unused_data:
        raise _Damage("something stands behind its end")
