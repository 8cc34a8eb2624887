"""ZIP files: bombs, lying sizes, overlapping and hostile members, what is packed twice."""

import io
import struct
import zipfile
from functools import partial

from tests.corpus import good
from tests.corpus.bad_file import BadFile, given, laps, lines

MIB = 1024**2
CSV = lines(*laps(20, race="packed"))
TABLE, HEAD = b"PK\x01\x02", b"PK\x03\x04"


def _zip(
    name: str, members: dict[str, bytes], fault: str, **expected: object
) -> BadFile:
    return BadFile(f"{name}.zip", lambda: good.zipped(members), fault, **expected)  # type: ignore[arg-type]


def _member(name: str, member: str, says: str) -> BadFile:
    return _zip(
        name, {"laps.csv": CSV, member: CSV}, "F67", error="archive_refused", says=says
    )


def _made(name: str, make: object, fault: str, **expected: object) -> BadFile:
    return BadFile(name, make, fault, **expected)  # type: ignore[arg-type]


def _corrupt(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


def _patched(magic: bytes, offset: int, form: str, value: int) -> bytes:
    """Give a ZIP of one member with another number in its head or table."""
    data = bytearray(good.zipped({"laps.csv": CSV}))
    struct.pack_into(form, data, data.index(magic) + offset, value)
    return bytes(data)


def _with_mode(mode: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("laps.csv", good.EPOCH)
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return target.getvalue()


def _overlapping(count: int) -> bytes:
    """Give a ZIP whose members all lie at one place."""
    data = good.zipped({"laps.csv": CSV})
    at, end = data.index(TABLE), data.index(b"PK\x05\x06")
    entry = data[at:end]
    entries = b"".join(
        entry.replace(b"laps.csv", b"lap%05d"[:3] + b"%05d" % n) for n in range(count)
    )
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), at, 0
    )
    return data[:at] + entries + tail


def _members(count: int) -> bytes:
    return good.zipped(
        {f"{n}.csv": b"" for n in range(count)}, method=zipfile.ZIP_STORED
    )


FILES = [
    _made(
        "no_members.zip",
        lambda: good.zipped({}),
        "F50",
        error="empty_file",
        says="no file",
    ),
    _zip("empty_member", {"laps.csv": b""}, "F50", error="empty_file", says="laps.csv"),
    _zip(
        "only_clutter",
        {"__MACOSX/._laps.csv": b"x", ".DS_Store": b"x"},
        "F50",
        error="empty_file",
    ),
    _made("only_magic.zip", given(HEAD), "F51", error="malformed_file", says="cut off"),
    _made(
        "bit_flipped.zip",
        lambda: _corrupt(good.zipped({"laps.csv": CSV}, method=zipfile.ZIP_STORED)),
        "F51",
        error="malformed_file",
        says="checksum",
    ),
    _made(
        "size_too_small.zip",
        lambda: _patched(TABLE, 24, "<L", 10),
        "F67",
        error="malformed_file",
        says="10 bytes",
    ),
    _made(
        "size_too_large.zip",
        lambda: _patched(TABLE, 24, "<L", 9_999),
        "F67",
        error="malformed_file",
        says="9,999 bytes",
    ),
    _made(
        "size_4g.zip",
        lambda: _patched(TABLE, 24, "<L", 0xFFFFFFFE),
        "F67",
        error="archive_refused",
        says="unpacks to",
    ),
    _made(
        "packed_size_4g.zip",
        lambda: _patched(TABLE, 20, "<L", 0xFFFFFFFE),
        "F67",
        error="archive_refused",
        says="reaches into",
    ),
    _made(
        "wrong_sum.zip",
        lambda: _patched(TABLE, 16, "<L", 7),
        "F67",
        error="malformed_file",
        says="checksum",
    ),
    _made(
        "encrypted.zip",
        lambda: _patched(TABLE, 8, "<H", 1),
        "F67",
        error="archive_refused",
        says="encrypted",
    ),
    _made(
        "method_12.zip",
        lambda: _patched(TABLE, 10, "<H", 12),
        "F67",
        error="archive_refused",
        says="method 12|otherwise",
    ),
    _made(
        "other_method_inside.zip",
        lambda: _patched(HEAD, 8, "<H", 0),
        "F67",
        error="archive_refused",
        says="described otherwise",
    ),
    _made(
        "offset_beyond.zip",
        lambda: _patched(TABLE, 42, "<L", 0x7FFFFFFF),
        "F67",
        error="malformed_file",
        says="not where",
    ),
    _made(
        "other_name_inside.zip",
        lambda: good.zipped({"laps.csv": CSV}).replace(b"laps.csv", b"evil.csv", 1),
        "F67",
        error="archive_refused",
        says="described otherwise",
    ),
    _made(
        "link.zip",
        partial(_with_mode, 0o120777),
        "F67",
        error="archive_refused",
        says="link or a device",
    ),
    _made(
        "device.zip",
        partial(_with_mode, 0o060777),
        "F67",
        error="archive_refused",
        says="link or a device",
    ),
    _made(
        "overlapping_50.zip",
        partial(_overlapping, 50),
        "F67",
        error="archive_refused",
        says="lies over|otherwise",
    ),
    _made(
        "members_2000.zip",
        partial(_members, 2_000),
        "F67",
        error="archive_refused",
        says="2,000 files",
    ),
    _made(
        "members_50000.zip",
        partial(_members, 50_000),
        "F67",
        error="archive_refused",
        says="50,000 files",
        is_heavy=True,
    ),
    _made(
        "bomb_500m.zip",
        lambda: good.zipped({"laps.csv": b"\0" * (500 * MIB)}),
        "F67",
        error="archive_refused",
        says="500 MiB",
        is_heavy=True,
    ),
    _made(
        "bomb_16m.zip",
        lambda: good.zipped({"laps.csv": b"\0" * (16 * MIB)}),
        "F67",
        error="archive_refused",
        says="16 MiB",
    ),
    _zip(
        "zip_in_zip",
        {"inner.zip": good.zipped({"laps.csv": CSV})},
        "F67",
        error="archive_refused",
        says="packed again",
    ),
    _zip(
        "gz_beside",
        {"laps.csv": CSV, "b.csv.gz": good.gzipped(CSV)},
        "F67",
        error="archive_refused",
        says="packed again",
    ),
    _member("leads_out", "../../etc/passwd", "leads out"),
    _member("absolute", "/etc/passwd", "root of a disk"),
    _member("drive", "C:laps.csv", "root of a disk"),
    _member("backslash", "C:\\laps.csv", "backslash"),
    _member("direction", "laps\u202evsc.exe", "control character"),
    _member("long_name", "n" * 300 + ".csv", "255 characters"),
    _made(
        "nul_name.zip",
        lambda: good.zipped({"laps.csvXexe": CSV}).replace(
            b"laps.csvXexe", b"laps.csv\0exe"
        ),
        "F67",
        error="archive_refused",
        says="control character",
    ),
    _made(
        "same_name.zip",
        lambda: good.zipped({"laps.csv": CSV, "sAme.csv": CSV}).replace(
            b"sAme.csv", b"laps.csv"
        ),
        "F67",
        error="archive_refused",
        says="two files",
    ),
    _zip(
        "one_bad_of_two",
        {"good.csv": CSV, "bad.csv": b"shape,colour\n1,2\n"},
        "F79",
        rows=20,
        error="partly:unknown_layout",
    ),
    _zip(
        "clutter_beside",
        {"laps.csv": CSV + b"x", "__MACOSX/._laps.csv": b"x"},
        "F67",
        rows=21,
        rejections=((22, "too_few_cells"),),
        notice="skipped_members",
    ),
]
