"""The table of contents of a ZIP file -> the entries that are safe to unpack.

Reads the table and the head of each entry, unpacks nothing. What could mislead a
program that unpacks (names, sizes, places, links) refuses the whole archive.
"""

import re
import stat
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imports.errors import ArchiveRefused, MalformedFile
from imports.readers.sandbox.limits import MIB, Limits

#: The end of the table: counts, sizes, a comment of up to 64 KiB behind it.
END = struct.Struct("<4s4H2LH")
END_MAGIC = b"PK\x05\x06"
MAX_COMMENT_BYTES = 0xFFFF
#: Large archives say it once more, in 64 bits.
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_MAGIC = b"PK\x06\x07"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_MAGIC = b"PK\x06\x06"
#: What stands before the bytes of each entry.
HEAD = struct.Struct("<4s5H3L2H")
HEAD_MAGIC = b"PK\x03\x04"

#: A table longer than this for each entry is not looked at.
TABLE_BYTES_PER_ENTRY = 1024
MAX_NAME_CHARS = 255
IS_ENCRYPTED = 0x1 | 0x40 | 0x2000
DRIVE = re.compile(r"[A-Za-z]:")
#: What systems leave in archives: no data of anyone's.
CLUTTER = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """A member of a ZIP file, and where its packed bytes are."""

    name: str
    start: int
    packed_bytes: int
    size_bytes: int
    is_deflated: bool
    crc: int


@dataclass(frozen=True)
class Entries:
    """The members of a ZIP file, and the names of what is passed over."""

    members: tuple[Entry, ...]
    skipped: tuple[str, ...]


def read_entries(path: Path, *, limits: Limits) -> Entries:
    """Read and check the table of contents; refuses an archive that is not plain."""
    with path.open("rb") as file:
        table_start = _check_table(file, limits=limits)
        try:
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, OSError) as error:
            raise _damaged(str(error)) from None
        except NotImplementedError as error:
            raise ArchiveRefused(
                f"The ZIP file is of an unknown kind ({error}). Pack the files anew."
            ) from None
        _check_count(len(infos), limits=limits)
        _check_names(infos)
        for info in infos:
            _check_kind(info)
        starts = _check_places(file, infos, table_start=table_start)
    _check_sizes(infos, packed=path.stat().st_size, limits=limits)
    files = [info for info in infos if not info.is_dir()]
    return Entries(
        members=tuple(
            Entry(
                name=info.filename,
                start=starts[info.filename],
                packed_bytes=info.compress_size,
                size_bytes=info.file_size,
                is_deflated=info.compress_type == zipfile.ZIP_DEFLATED,
                crc=info.CRC,
            )
            for info in files
            if not _is_clutter(info.filename)
        ),
        skipped=tuple(i.filename for i in files if _is_clutter(i.filename)),
    )


def shown(name: str) -> str:
    """Give a name as it can stand in a message: escaped, and not too long."""
    return ascii(name if len(name) <= 100 else name[:100] + "…")


def _check_table(file: IO[bytes], *, limits: Limits) -> int:
    """Check how long the table is before anyone reads it; give where it starts."""
    size = file.seek(0, 2)
    tail_start = max(0, size - END.size - MAX_COMMENT_BYTES - LOCATOR.size)
    file.seek(tail_start)
    tail = file.read()
    at = _end_of_table(tail)
    _, disk, first_disk, here, count, length, start, _ = END.unpack_from(tail, at)
    if 0xFFFF in (here, count) or 0xFFFFFFFF in (length, start):
        disk, first_disk, here, count, length, start = _end64(file, tail, at)
    if disk or first_disk or here != count:
        raise ArchiveRefused(
            "The ZIP file is one part of several. Pack the files into one."
        )
    _check_count(count, limits=limits)
    if length > limits.unpacked_members * TABLE_BYTES_PER_ENTRY:
        raise ArchiveRefused(
            f"The ZIP file has a table of contents of {length:,} bytes. Pack the files "
            "anew."
        )
    if start + length > size:
        raise _damaged("its table of contents is cut off")
    return int(start)


def _end_of_table(tail: bytes) -> int:
    """Find it as zipfile does: at the very end, else before a comment."""
    at = len(tail) - END.size
    if at >= 0 and tail[at:].startswith(END_MAGIC) and tail.endswith(b"\0\0"):
        return at
    at = tail.rfind(END_MAGIC)
    if at < 0 or at + END.size > len(tail):
        raise _damaged("its table of contents is not there")
    return at


def _end64(
    file: IO[bytes], tail: bytes, at: int
) -> tuple[int, int, int, int, int, int]:
    place = at - LOCATOR.size
    if place < 0 or not tail[place:].startswith(LOCATOR_MAGIC):
        raise _damaged("its table of contents is not there")
    _, _, offset, disks = LOCATOR.unpack_from(tail, place)
    if disks > 1 or offset > file.seek(0, 2) - END64.size:
        raise _damaged("its table of contents is elsewhere")
    file.seek(offset)
    magic, _, _, _, disk, first_disk, here, count, length, start = END64.unpack(
        file.read(END64.size)
    )
    if magic != END64_MAGIC:
        raise _damaged("its table of contents is not there")
    return disk, first_disk, here, count, length, start


def _check_count(count: int, *, limits: Limits) -> None:
    if count > limits.unpacked_members:
        raise ArchiveRefused(
            f"The ZIP file holds {count:,} files, more than "
            f"{limits.unpacked_members:,}. Pack them into several."
        )


def _check_names(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        # Not `filename`: that one ends at the first NUL.
        name = info.orig_filename
        if reason := _fault_of_name(name):
            raise ArchiveRefused(
                f"The ZIP file holds a file with an unsafe name, {shown(name)}: it "
                f"{reason}. Pack the files anew."
            )
        same = unicodedata.normalize("NFC", name).rstrip("/")
        if same in seen:
            raise ArchiveRefused(
                f"The ZIP file holds two files named {shown(name)}. Pack the files anew."
            )
        seen.add(same)


def _fault_of_name(name: str) -> str:
    """Say what is wrong with a name; nothing where it is a plain one."""
    if not name or len(name) > MAX_NAME_CHARS:
        return f"does not have 1 to {MAX_NAME_CHARS} characters"
    # Controls, and the invisible ones that turn the direction of writing.
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name):
        return "holds a control character"
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/") or DRIVE.match(name):
        return "starts at the root of a disk"
    if ".." in name.split("/"):
        return "leads out of its folder"
    return ""


def _check_kind(info: zipfile.ZipInfo) -> None:
    name = shown(info.filename)
    if info.flag_bits & IS_ENCRYPTED:
        raise ArchiveRefused(f"{name} in the ZIP file is encrypted. Pack it plainly.")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused(
            f"{name} in the ZIP file is a link or a device. Pack the file itself."
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveRefused(
            f"{name} in the ZIP file is packed by method {info.compress_type}. Pack it "
            "by deflate, which every program can."
        )
    if info.is_dir() and info.file_size:
        raise ArchiveRefused(
            f"{name} in the ZIP file is a folder with bytes of its own."
        )


def _check_places(
    file: IO[bytes], infos: list[zipfile.ZipInfo], *, table_start: int
) -> dict[str, int]:
    """Give where the bytes of each entry start; no two may share any."""
    starts: dict[str, int] = {}
    free_from = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < free_from:
            raise ArchiveRefused(
                f"{shown(info.filename)} in the ZIP file lies over another. Pack the "
                "files anew."
            )
        start = _start_of(file, info)
        free_from = start + info.compress_size
        if free_from > table_start:
            raise ArchiveRefused(
                f"{shown(info.filename)} in the ZIP file reaches into the table of "
                "contents. Pack the files anew."
            )
        starts[info.filename] = start
    return starts


def _start_of(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    file.seek(info.header_offset)
    head = file.read(HEAD.size)
    if len(head) < HEAD.size or not head.startswith(HEAD_MAGIC):
        raise _damaged(f"{shown(info.filename)} is not where it should be")
    flags, method, name_bytes, extra_bytes = (
        HEAD.unpack(head)[n] for n in (2, 3, 9, 10)
    )
    encoding = "utf-8" if flags & 0x800 else "cp437"
    name = file.read(name_bytes).decode(encoding, errors="replace")
    if name != info.orig_filename or method != info.compress_type:
        raise ArchiveRefused(
            f"{shown(info.filename)} is described otherwise in the ZIP file's table of "
            "contents than where it stands. Pack the files anew."
        )
    return int(info.header_offset + HEAD.size + name_bytes + extra_bytes)


def _check_sizes(infos: list[zipfile.ZipInfo], *, packed: int, limits: Limits) -> None:
    declared = sum(info.file_size for info in infos)
    bound = limits.unpacked_at_most(packed)
    if declared > bound:
        raise ArchiveRefused(
            f"The ZIP file says that it unpacks to {declared // MIB:,} MiB, more than the "
            f"{bound // MIB:,} MiB that a file of its size may. Send the files unpacked."
        )


def _is_clutter(name: str) -> bool:
    parts = name.lower().split("/")
    return any(part.startswith(".") or part in CLUTTER for part in parts)


def _damaged(reason: str) -> MalformedFile:
    return MalformedFile(
        f"The ZIP file is cut off or damaged ({reason}). Send it again."
    )
