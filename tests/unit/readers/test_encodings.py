"""Bytes become UTF-8, all of them or none; what was guessed is told."""

from pathlib import Path

import pytest

from imports.errors import MalformedFile
from imports.readers.delimited.encodings import Utf8Text, as_utf8


def read(data: bytes, folder: Path) -> Utf8Text:
    path = folder / "file.csv"
    path.write_bytes(data)
    return as_utf8(path, scratch=folder)


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n",
        "\ufeffa,漢\n".encode(),
        b"",
        # The last bytes of one chunk begin a character of the next.
        b"x" * ((1 << 20) - 1) + "漢".encode() + b"y" * (1 << 20),
        b"a,b\nx\x00y,2\n",
    ],
)
def test_utf8_is_used_without_a_copy(data: bytes, tmp_path: Path) -> None:
    text = read(data, tmp_path)

    assert text == Utf8Text(tmp_path / "file.csv", has_quotes=False)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-16", "UTF-16, as its byte order mark says"),
        ("utf-32", "UTF-32, as its byte order mark says"),
        ("utf-16-le", "UTF-16-LE, as its NUL bytes say"),
        ("utf-16-be", "UTF-16-BE, as its NUL bytes say"),
        ("gbk", "GB18030, guessed from its bytes"),
        ("cp932", "CP932, guessed from its bytes"),
    ],
)
def test_other_encodings_are_written_anew_and_told(
    encoding: str, told: str, end: str, tmp_path: Path
) -> None:
    content = end.join(["horse,rider", '"東京競馬場",武', "一一,二"]) * 9

    text = read(content.encode(encoding), tmp_path)

    assert text.path.read_bytes().decode() == content
    assert text.has_quotes
    [notice] = text.notices
    assert (notice.code, notice.rows) == ("encoding", 0)
    assert told in notice.message


def test_byte_order_mark_the_other_way_round_is_heard(tmp_path: Path) -> None:
    text = read("\ufeffa,b\n".encode("utf-16-be"), tmp_path)

    assert text.path.read_bytes() == b"a,b\n"


@pytest.mark.parametrize(
    "data", [b"\xff\xfea", "a,b\n1,2\n".encode("utf-16")[:-1], b"\xff\xfe\x00\xd8a\x00"]
)
def test_utf16_that_is_cut_off_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(MalformedFile, match="UTF-16 and is cut off or damaged"):
        read(data, tmp_path)


def test_guess_that_does_not_fit_the_whole_file_is_not_taken(tmp_path: Path) -> None:
    # The sample ends before the byte that cp1252 has no character for.
    lines = "José,1\n".encode("cp1252") * 4_000 + b"\x81\n"

    with pytest.raises(MalformedFile, match=r"Line 1 is not UTF-8 text \(its byte 4\)"):
        read(lines, tmp_path)


@pytest.mark.parametrize(
    ("bad", "good", "is_read"), [(1, 101, True), (1, 98, False), (3, 301, True)]
)
def test_damage_is_borne_below_a_hundredth_of_the_lines(
    bad: int, good: int, is_read: bool, tmp_path: Path
) -> None:
    data = "é,漢\n".encode() * good + b"\xff,1\n" * bad

    if not is_read:
        with pytest.raises(MalformedFile, match=f"Line {good + 1} is not UTF-8"):
            read(data, tmp_path)
        return
    text = read(data, tmp_path)
    assert text.is_damaged
    assert text.path == tmp_path / "file.csv"


@pytest.mark.parametrize(
    "data", [b"a\tb\tc\r\n\t\t\r\n\t\0\t\x000\0\r\n", b"a\0b,c\nd\0e\0,f\0\n,\0\n"]
)
def test_nuls_in_cells_of_utf8_are_not_utf16(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert as_utf8(path, scratch=tmp_path).path == path


@pytest.mark.parametrize("lines", [1, 200_000])
def test_byte_that_does_not_fit_is_named_wherever_it_is(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "file"
    good = b"\xff\xfe" + ("a,b\n" * lines).encode("utf-16-le")
    path.write_bytes(good + b"\x00\xd8x\0")

    with pytest.raises(MalformedFile, match=f"at its byte {len(good) + 1:,}\\."):
        as_utf8(path, scratch=tmp_path)
