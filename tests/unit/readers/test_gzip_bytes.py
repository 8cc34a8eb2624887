"""Gzip is known by its first bytes, and a damaged one is refused, never half taken."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.errors import MalformedFile
from imports.readers import gzip_bytes

TEXT = b"raceId,driverId,lap,time\n" + b"1,830,1,1:34.570\n" * 200
PACKED = gzip.compress(TEXT, mtime=0)


def unpack(packed: bytes) -> bytes:
    """Unpack a gzip file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(packed)
        return gzip_bytes.unpack(path, scratch=Path(folder)).read_bytes()


@pytest.mark.parametrize(
    ("content", "is_gzip"),
    [
        (PACKED, True),
        (TEXT, False),
        (b"", False),
        (b"\x1f", False),
        (b"\x1f\x8b", True),
    ],
)
def test_gzip_is_known_by_its_content(
    tmp_path: Path, content: bytes, is_gzip: bool
) -> None:
    path = tmp_path / "laps.csv"
    path.write_bytes(content)

    assert gzip_bytes.is_gzip(path) == is_gzip


def test_what_was_packed_is_unpacked() -> None:
    assert unpack(PACKED) == TEXT
    assert unpack(PACKED + PACKED) == TEXT + TEXT


def test_file_cut_off_anywhere_is_refused() -> None:
    for size in range(2, len(PACKED)):
        with pytest.raises(MalformedFile, match="cut off or damaged"):
            unpack(PACKED[:size])


@given(at=st.integers(10, len(PACKED) - 1), bit=st.integers(0, 7))
def test_flipped_bit_is_refused(at: int, bit: int) -> None:
    damaged = bytearray(PACKED)
    damaged[at] ^= 1 << bit

    with pytest.raises(MalformedFile, match="cut off or damaged"):
        unpack(bytes(damaged))


def test_garbage_behind_the_end_is_refused() -> None:
    with pytest.raises(MalformedFile, match="cut off or damaged"):
        unpack(PACKED + b"garbage")


def test_bomb_is_refused_while_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_bytes, "MAX_BYTES", 1_000)

    with pytest.raises(MalformedFile, match="more than 1,000 bytes"):
        unpack(PACKED)
