"""What is packed is known by its first bytes; damaged, unsafe or too much is refused."""

import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from imports import errors
from imports.readers.packed import unpack
from imports.readers.sandbox.limits import Limits

MIB = 1024**2
LIMITS = Limits(unpacked_bytes=40 * MIB)
LINES = [f"1,830,{n},1:34.{n % 1000:03}\n" for n in range(2_000)]
TEXT = ("raceId,driverId,lap,time\n" + "".join(LINES)).encode()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a ZIP file of these names and contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


PACKED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(TEXT),
    "zip": zipped(("laps.csv", TEXT)),
    "stored": zipped(("laps.csv", TEXT), method=zipfile.ZIP_STORED),
}


def unpacked(packed: bytes, *, limits: Limits = LIMITS) -> list[tuple[str, bytes]]:
    """Unpack a file of these bytes; nothing may be left of it but the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(packed)
        try:
            package = unpack.unpack(path, scratch=Path(folder), limits=limits)
            return [(member.name, member.path.read_bytes()) for member in package]
        finally:
            assert [p.name for p in Path(folder).iterdir()] == ["file"]


def refused(packed: bytes, *, limits: Limits = LIMITS) -> str:
    """Give why an archive of these bytes is refused."""
    with pytest.raises(errors.ArchiveRefused) as caught:
        unpacked(packed, limits=limits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "is_packed"),
    [
        *((packed, True) for packed in PACKED.values()),
        (b"\x1f\x8b", True),
        (b"PK\x05\x06" + bytes(18), True),
        (TEXT, False),
        (b"", False),
        (b"\x1f", False),
        (b"PAR1", False),
    ],
)
def test_packed_file_is_known_by_its_content(
    tmp_path: Path, content: bytes, is_packed: bool
) -> None:
    path = tmp_path / "laps.csv"
    path.write_bytes(content)

    assert unpack.is_packed(path) == is_packed


def test_workbook_is_no_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "laps"
    path.write_bytes(zipped(("[Content_Types].xml", b"<"), ("xl/workbook.xml", b"<")))

    assert unpack.is_workbook(path)
    assert not unpack.is_packed(path)

    path.write_bytes(PACKED["zip"])
    assert not unpack.is_workbook(path)


@pytest.mark.parametrize("kind", PACKED)
def test_what_was_packed_is_unpacked(kind: str) -> None:
    name = "laps.csv" if kind in ("zip", "stored") else ""

    assert unpacked(PACKED[kind]) == [(name, TEXT)]


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_streams_one_behind_another_are_one(kind: str) -> None:
    assert unpacked(PACKED[kind] * 3) == [("", TEXT * 3)]


def test_zstandard_that_was_streamed_says_no_size_and_is_unpacked() -> None:
    stream = zstandard.ZstdCompressor().compressobj()
    packed = stream.compress(TEXT) + stream.flush()

    assert unpacked(packed) == [("", TEXT)]
    with pytest.raises(errors.MalformedFile, match="ends too early"):
        unpacked(packed[:-1])


def test_members_come_one_after_another_under_their_names() -> None:
    packed = zipped(
        ("day/", b""), ("day/a.csv", b"a"), ("day/ä.csv", b""), ("b.csv", TEXT)
    )

    found = unpacked(packed)

    assert found == [("day/a.csv", b"a"), ("day/ä.csv", b""), ("b.csv", TEXT)]


def test_clutter_of_systems_is_passed_over_and_named(tmp_path: Path) -> None:
    clutter = ["__MACOSX/._a.csv", ".DS_Store", "day/.hidden", "day/Thumbs.db"]
    path = tmp_path / "file"
    path.write_bytes(zipped(*((n, b"x") for n in clutter), ("a.csv", b"a")))

    package = unpack.unpack(path, scratch=tmp_path, limits=LIMITS)

    assert [*package.skipped] == clutter
    assert [member.name for member in package] == ["a.csv"]


@pytest.mark.parametrize("packed", [zipped(), zipped(("day/", b""), (".x", b"y"))])
def test_archive_of_nothing_is_empty(packed: bytes) -> None:
    with pytest.raises(errors.EmptyFile):
        unpacked(packed)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b""), zstandard.compress(b""), zipped(("laps.csv", b""))],
)
def test_packed_nothing_is_empty(packed: bytes) -> None:
    with pytest.raises(errors.EmptyFile):
        unpacked(packed)


@pytest.mark.parametrize("kind", PACKED)
def test_file_cut_off_anywhere_is_refused(kind: str) -> None:
    packed = PACKED[kind]
    for size in {*range(4, len(packed), len(packed) // 16), len(packed) - 1}:
        with pytest.raises(errors.MalformedFile, match="cut off or damaged"):
            unpacked(packed[:size])


@pytest.mark.parametrize("kind", PACKED)
@given(data=st.data())
def test_flipped_bit_is_refused_or_changes_nothing(
    kind: str, data: st.DataObject
) -> None:
    packed = bytearray(PACKED[kind])
    at = data.draw(st.integers(4, len(packed) - 1))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))

    try:
        # A name and a time stamp have no checksum.
        assert [content for _, content in unpacked(bytes(packed))] == [TEXT]
    except errors.FileRejected:
        pass


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_garbage_behind_the_end_is_refused(kind: str) -> None:
    with pytest.raises(errors.MalformedFile, match="cut off or damaged"):
        unpacked(PACKED[kind] + b"garbage")


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(bytes(64 * MIB)),
        zstandard.compress(bytes(64 * MIB)),
        zipped(("laps.csv", bytes(64 * MIB))),
        zipped(*((f"{n}.csv", bytes(MIB)) for n in range(64))),
    ],
)
def test_bomb_is_refused_while_it_unpacks(packed: bytes) -> None:
    ratio = LIMITS.unpacked_at_most(len(packed)) // MIB
    assert f"more than the {ratio} MiB" in refused(packed)

    bound = replace(LIMITS, unpacked_ratio=1_000_000)
    assert "more than the 40 MiB" in refused(packed, limits=bound)


@pytest.mark.parametrize("inner", PACKED.values())
@pytest.mark.parametrize("outer", ["gzip", "zstd", "zip"])
def test_what_is_packed_twice_is_refused(outer: str, inner: bytes) -> None:
    packed = {
        "gzip": gzip.compress(inner),
        "zstd": zstandard.compress(inner),
        "zip": zipped(("laps.csv", inner)),
    }

    assert "packed again" in refused(packed[outer])


def test_workbook_inside_is_a_member() -> None:
    workbook = zipped(("[Content_Types].xml", b"<"), ("xl/workbook.xml", b"<"))

    assert unpacked(zipped(("a.xlsx", workbook))) == [("a.xlsx", workbook)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../laps.csv", "leads out of its folder"),
        ("a/../../laps.csv", "leads out of its folder"),
        ("/etc/laps.csv", "starts at the root"),
        ("C:laps.csv", "starts at the root"),
        ("a\\laps.csv", "backslash"),
        ("laps.csv\x00.exe", "control character"),
        ("laps\n.csv", "control character"),
        ("laps\u202ecsv.exe", "control character"),
        ("x" * 256, "1 to 255 characters"),
    ],
)
def test_unsafe_name_refuses_the_archive(name: str, words: str) -> None:
    # A ZipInfo does not take such names; the bytes do.
    stand_in = "".join("x" if ord(c) < 128 else "\u2020" for c in name)
    packed = zipped(("ok.csv", b"ok"), (stand_in, b"x"))
    packed = packed.replace(stand_in.encode(), name.encode())

    message = refused(packed)

    assert words in message
    assert message.isascii()
    assert message.isprintable()


def test_name_that_comes_twice_refuses_the_archive() -> None:
    packed = zipped(("laps.csv", b"1"), ("lapz.csv", b"2"))

    assert "two files named 'laps.csv'" in refused(packed.replace(b"lapz", b"laps"))


def changed(packed: bytes, magic: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes so far behind the last place of a magic number."""
    at = packed.rindex(magic) + offset
    return packed[:at] + value + packed[at + len(value) :]


#: Where the table of contents says something of its last entry, and of itself.
ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"
TWO = zipped(("a.csv", TEXT), ("b.csv", TEXT))


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (changed(TWO, ENTRY, 8, b"\x01\x00"), "encrypted"),
        (changed(TWO, ENTRY, 10, b"\x0c\x00"), "packed by method 12"),
        (changed(TWO, ENTRY, 38, struct.pack("<L", 0o120777 << 16)), "link"),
        (changed(TWO, ENTRY, 38, struct.pack("<L", 0o10644 << 16)), "link or a device"),
        (changed(TWO, ENTRY, 42, bytes(4)), "lies over another|described otherwise"),
        (changed(TWO, ENTRY, 20, b"\xff\xff\xff\x0f"), "table of contents"),
        (changed(TWO, ENTRY, 24, b"\xff\xff\xff\x0f"), "unpacks to"),
        (changed(TWO, b"PK\x03\x04", 30, b"x"), "described otherwise"),
        (changed(TWO, END, 4, b"\x01\x00"), "one part of several"),
        (changed(TWO, END, 8, b"\xf0\x0f\xf0\x0f"), "holds 4,080 files"),
        (changed(TWO, END, 12, b"\xff\xff\xff\x00"), "table of contents"),
    ],
)
def test_archive_that_misleads_is_refused(packed: bytes, words: str) -> None:
    with pytest.raises(errors.ArchiveRefused, match=words):
        unpacked(packed)


@pytest.mark.parametrize("declared", [1, len(TEXT) - 1, len(TEXT) + 1])
def test_size_that_is_a_lie_is_damage(declared: int) -> None:
    packed = changed(TWO, ENTRY, 24, struct.pack("<L", declared))

    with pytest.raises(errors.MalformedFile, match=r"says that it has [\d,]+ bytes"):
        unpacked(packed)


def test_size_that_is_a_lie_with_the_checksum_of_it_is_damage() -> None:
    packed = changed(TWO, ENTRY, 24, struct.pack("<L", 100))
    packed = changed(packed, ENTRY, 16, struct.pack("<L", zlib.crc32(TEXT[:100])))

    with pytest.raises(errors.MalformedFile, match="says that it has 100 bytes"):
        unpacked(packed)


def test_checksum_that_is_another_is_damage() -> None:
    with pytest.raises(errors.MalformedFile, match="checksum is another"):
        unpacked(changed(TWO, ENTRY, 16, b"\x00\x00\x00\x00"))


def test_entries_that_share_bytes_are_refused() -> None:
    """Two names for one entry, each with a head of its own, one inside the other."""
    inner = zipped(("b.csv", TEXT), method=zipfile.ZIP_STORED)
    whole = zipped(("a.csv", inner), method=zipfile.ZIP_STORED)
    at = whole.index(inner)
    table = whole.index(ENTRY, at + len(inner))
    second = bytearray(inner[inner.index(ENTRY) : inner.index(END)])
    second[42:46] = struct.pack("<L", at)
    entries = whole[table : whole.rindex(END)] + bytes(second)
    end = struct.pack("<4s4H2LH", END, 0, 0, 2, 2, len(entries), table, 0)

    assert "lies over another" in refused(whole[:table] + entries + end)


def test_thousands_of_members_are_refused_before_they_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = zipped(*((f"{n}.csv", b"") for n in range(1_001)))
    monkeypatch.setattr(zipfile.ZipFile, "infolist", None)

    assert "holds 1,001 files" in refused(packed)


def test_archive_that_counts_fewer_members_than_it_has_is_refused() -> None:
    packed = zipped(*((f"{n}.csv", b"") for n in range(1_001)))

    assert "holds 1,001 files" in refused(changed(packed, END, 8, b"\x01\x00\x01\x00"))


def test_archive_with_a_comment_or_in_64_bits_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"of the day"
        with archive.open("laps.csv", "w", force_zip64=True) as member:
            member.write(TEXT)

    assert unpacked(out.getvalue()) == [("laps.csv", TEXT)]


def with_end_in_64_bits(packed: bytes) -> bytes:
    """Let the table of contents say its place and count in 64 bits."""
    at = packed.rindex(END)
    _, _, _, here, count, length, start, _ = struct.unpack("<4s4H2LH", packed[at:])
    end64 = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, here, count, length, start
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    return packed[:at] + end64 + locator + end


def test_table_of_contents_in_64_bits_is_read() -> None:
    packed = with_end_in_64_bits(TWO)

    assert [name for name, _ in unpacked(packed)] == ["a.csv", "b.csv"]
    many = changed(packed, b"PK\x06\x06", 24, struct.pack("<2Q", 10**9, 10**9))
    assert "holds 1,000,000,000 files" in refused(many)
    lost = changed(packed, b"PK\x06\x07", 8, struct.pack("<Q", 10**9))
    with pytest.raises(errors.MalformedFile):
        unpacked(lost)
