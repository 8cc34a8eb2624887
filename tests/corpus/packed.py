"""Gzip and Zstandard: bombs, damage, what is packed twice."""

from functools import partial

import zstandard

from tests.corpus import good
from tests.corpus.bad_file import BadFile, given, laps, lines

MIB = 1024**2
CSV = lines(*laps(20, race="packed"))


def _made(name: str, make: object, fault: str, **expected: object) -> BadFile:
    return BadFile(name, make, fault, **expected)  # type: ignore[arg-type]


def _zeros_gz(mib: int) -> bytes:
    return good.gzipped(b"\0" * (mib * MIB))


def _nested(levels: int) -> bytes:
    data = _zeros_gz(4)
    for _ in range(levels):
        data = good.gzipped(data)
    return data


def _zstd_window(log: int) -> bytes:
    """Give a frame that asks for so much memory."""
    return b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(log - 10) << 3]) + b"\x01\x00\x00"


def _corrupt(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


GZIP = [
    _made(
        "empty.csv.gz",
        lambda: good.gzipped(b""),
        "F50",
        error="empty_file",
        says="holds nothing",
    ),
    _made(
        "only_magic.gz",
        given(b"\x1f\x8b"),
        "F51",
        error="malformed_file",
        says="cut off",
    ),
    _made(
        "bit_flipped.csv.gz",
        lambda: _corrupt(good.gzipped(CSV)),
        "F51",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "wrong_sum.csv.gz",
        lambda: good.gzipped(CSV)[:-8] + b"\0" * 8,
        "F51",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "trailing_noise.csv.gz",
        lambda: good.gzipped(CSV) + b"noise",
        "F51",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "two_members.csv.gz",
        lambda: good.gzipped(CSV) + good.gzipped(b"Ashford,packed,8,1,x\n"),
        "F51",
        rows=21,
        rejections=((22, "not_a_time"),),
    ),
    _made(
        "bomb_16m.csv.gz",
        partial(_zeros_gz, 16),
        "F66",
        error="archive_refused",
        says="unpacks to more",
    ),
    _made(
        "bomb_256m.csv.gz",
        partial(_zeros_gz, 256),
        "F66",
        error="archive_refused",
        says="unpacks to more",
        is_heavy=True,
    ),
    _made(
        "bomb_3g.csv.gz",
        partial(_zeros_gz, 3_000),
        "F66",
        error="archive_refused",
        says="unpacks to more",
        is_heavy=True,
    ),
    _made(
        "nested_1.csv.gz",
        partial(_nested, 1),
        "F66",
        error="archive_refused",
        says="packed again",
    ),
    _made(
        "nested_5.csv.gz",
        partial(_nested, 5),
        "F66",
        error="archive_refused",
        says="packed again",
    ),
    _made(
        "zip_in_gzip.csv.gz",
        lambda: good.gzipped(good.zipped({"a.csv": CSV})),
        "F66",
        error="archive_refused",
        says="packed again",
    ),
    _made(
        "long_name.csv.gz",
        lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"a" * 5_000_000,
        "F66",
        error="malformed_file",
        says="cut off",
    ),
]

ZSTD = [
    _made(
        "empty.csv.zst",
        lambda: good.zstd(b""),
        "F50",
        error="empty_file",
        says="holds nothing",
    ),
    _made(
        "only_magic.zst",
        given(b"\x28\xb5\x2f\xfd"),
        "F51",
        error="malformed_file",
        says="cut off",
    ),
    _made(
        "bit_flipped.csv.zst",
        lambda: _corrupt(zstandard.ZstdCompressor(write_checksum=True).compress(CSV)),
        "F51",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "trailing_noise.csv.zst",
        lambda: good.zstd(CSV) + b"noise",
        "F51",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "window_2g.csv.zst",
        partial(_zstd_window, 31),
        "F66",
        error="malformed_file",
        says="damaged",
    ),
    _made(
        "bomb_32m.csv.zst",
        lambda: good.zstd(b"\0" * (32 * MIB)),
        "F66",
        error="archive_refused",
        says="unpacks to more",
    ),
    _made(
        "bomb_2g.csv.zst",
        lambda: good.zstd(b"\0" * (2_000 * MIB)),
        "F66",
        error="archive_refused",
        says="unpacks to more",
        is_heavy=True,
    ),
    _made(
        "says_1_byte.csv.zst",
        lambda: b"\x28\xb5\x2f\xfd\x20\x01" + good.zstd(CSV)[6:],
        "F67",
        error="malformed_file",
        says="damaged",
    ),
]

FILES = [*GZIP, *ZSTD]
