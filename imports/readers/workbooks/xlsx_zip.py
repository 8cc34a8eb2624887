"""The zip around a workbook: what it may hold, decided before anything is unpacked.

A zip reader gives no more bytes than the directory declares, so declared sizes bound
what is read; a member that holds something else than declared fails its checksum.
"""

import zipfile
from pathlib import Path

from imports.errors import MalformedFile

MAX_MEMBERS = 2_000
MAX_STRINGS_BYTES = 64 * 1024**2
MAX_SHEETS_BYTES = 1024**3
#: What openpyxl holds as a tree: the list of sheets, styles, relations.
MAX_OTHER_BYTES = 8 * 1024**2
#: Only of members that are big; a small one does no harm.
MAX_RATIO = 250
BIG_BYTES = 8 * 1024**2
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Parts that hold no cells and are never opened.
UNREAD = ("xl/media/", "xl/vbaProject", "xl/printerSettings/", "xl/drawings/")


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open the zip of a workbook that is safe to unpack; refuse any other."""
    with path.open("rb") as file:
        if file.read(len(OLE_MAGIC)) == OLE_MAGIC:
            raise MalformedFile(
                "The workbook has a password or is an old .xls. Save it as .xlsx without "
                "a password."
            )
    try:
        archive = zipfile.ZipFile(path)
    except (
        zipfile.BadZipFile,
        ValueError,
        OverflowError,
        NotImplementedError,
    ) as error:
        raise MalformedFile(
            f"The workbook is cut off or damaged ({error}). Save it and send it again."
        ) from None
    try:
        _check(archive.infolist())
    except MalformedFile:
        archive.close()
        raise
    return archive


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise MalformedFile(
            f"The workbook is made of {len(members):,} parts, more than {MAX_MEMBERS:,}. "
            "Save it anew in a spreadsheet program."
        )
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise MalformedFile(
            "The workbook has two parts of one name. Save it anew in a spreadsheet "
            "program."
        )
    sheets_bytes = 0
    for member in members:
        if member.filename.startswith(UNREAD):
            continue
        _check_member(member)
        sheets_bytes += member.file_size
    if sheets_bytes > MAX_SHEETS_BYTES:
        raise MalformedFile(
            f"The workbook's sheets unpack to {sheets_bytes:,} bytes, more than "
            f"{MAX_SHEETS_BYTES:,}. Split it, or send it as CSV."
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    name, size = member.filename, member.file_size
    if member.flag_bits & 1:
        raise MalformedFile(
            f"The part {name} of the workbook is encrypted. Save it without a password."
        )
    limit = _limit(name)
    if size > limit:
        raise MalformedFile(
            f"The part {name} of the workbook unpacks to {size:,} bytes, more than "
            f"{limit:,}. Split it, or send it as CSV."
        )
    if size > BIG_BYTES and size > MAX_RATIO * max(member.compress_size, 1):
        raise MalformedFile(
            f"The part {name} of the workbook unpacks to {size:,} bytes from "
            f"{member.compress_size:,}: no sheet of real rows does. Send it as CSV."
        )


def _limit(name: str) -> int:
    if name.endswith("/sharedStrings.xml"):
        return MAX_STRINGS_BYTES
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return MAX_SHEETS_BYTES
    return MAX_OTHER_BYTES
