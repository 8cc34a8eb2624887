"""What a file is, is told by its bytes; a name that says otherwise is told what is so."""

import json
from pathlib import Path

import pytest

from imports.errors import FileRejected
from imports.readers import documents
from imports.readers.documents import Format, Skipped
from imports.readers.sandbox.limits import Limits
from tests.corpus import good
from tests.corpus.bad_file import laps, lines

CSV = lines(*laps(3))


def refusal(folder: Path, content: bytes, *, name: str) -> FileRejected:
    path = folder / "file"
    path.write_bytes(content)
    with pytest.raises(FileRejected) as caught:
        list(documents.open_parts(path, name=name, scratch=folder, limits=Limits()))
    return caught.value


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        # Only a reader of JSON can say what is wrong with it.
        (b"[1, 2]", "malformed_file", "Row 1: The value is not an object"),
        (b"{'a': 1}", "malformed_file", "line 1, character 2"),
        (json.dumps([{"a": 1}]).encode("utf-32"), "malformed_file", "UTF-32"),
        (CSV, "wrong_extension", "its content is delimited text"),
    ],
)
def test_file_called_json_is_told_what_is_wrong(
    tmp_path: Path, content: bytes, code: str, words: str
) -> None:
    error = refusal(tmp_path, content, name="laps.json")

    assert error.code == code
    assert words in str(error)


@pytest.mark.parametrize("sixteenths", [1, 8, 15])
def test_workbook_that_is_cut_off_is_not_called_another_format(
    tmp_path: Path, sixteenths: int
) -> None:
    data = good.workbook()

    error = refusal(tmp_path, data[: len(data) * sixteenths // 16], name="laps.xlsx")

    assert error.code == "malformed_file"
    assert "cut off" in str(error)


def test_zip_of_tables_called_workbook_is_a_zip(tmp_path: Path) -> None:
    error = refusal(tmp_path, good.zipped({"a.csv": CSV}), name="laps.xlsx")

    assert error.code == "wrong_extension"
    assert "a zip archive" in str(error)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<!DOCTYPE html>\n\t\t<html>\n", Format.HTML),
        (b"<html>\r\n\t<body>", Format.HTML),
        (b"<name>\t<time>\n", Format.TEXT),
        (b"<name> ; <time>\n", Format.TEXT),
    ],
)
def test_page_is_one_however_it_is_indented(
    tmp_path: Path, content: bytes, found: Format
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    assert documents.sniff(path) is found


def test_encrypted_parquet_is_known_and_not_read(tmp_path: Path) -> None:
    error = refusal(tmp_path, b"PARE" + bytes(50), name="laps.parquet")

    assert error.code == "unknown_format"
    assert "encrypted Parquet" in str(error)


def test_members_that_nobody_reads_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(good.zipped({"laps.csv": CSV, "__MACOSX/._laps.csv": b"x"}))

    first, *others = documents.open_parts(
        path, name="laps.zip", scratch=tmp_path, limits=Limits()
    )

    assert first == Skipped(("__MACOSX/._laps.csv",))
    assert len(others) == 1


@pytest.mark.parametrize("name", ["PARENT", "MZ"])
def test_header_that_begins_as_a_stranger_does_is_text(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "laps.csv"
    path.write_text(f"{name},lap\n1,2\n")

    assert documents.sniff(path) is Format.TEXT
