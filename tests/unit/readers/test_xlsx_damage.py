"""Workbooks whose parts lack, end early or cannot be unpacked are refused as damaged."""

from pathlib import Path

import pytest

from imports.errors import MalformedFile
from imports.readers.workbooks import xlsx
from tests.corpus import good
from tests.fuzz.batch import make

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
WITH_TEXTS = good.with_texts(good.workbook(), b"<sst " + NS + b"/>")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            good.edited(good.workbook(), SHEET, None),
            "has a sheet 'laps' and not its rows",
        ),
        (good.edited(WITH_TEXTS, STRINGS, None), "sharedStrings.xml .* is not there"),
        (
            good.edited(good.workbook(), SHEET, b"<worksheet " + NS + b"><sheetData>"),
            "sheet1.xml .* is cut off or is not XML",
        ),
        (
            good.edited(good.workbook(), SHEET, b"<worksheet><a></b></worksheet>"),
            "is not XML: mismatched tag",
        ),
        (
            good.edited(WITH_TEXTS, STRINGS, b"<sst " + NS + b"><si><t>x</t></si>"),
            "sharedStrings.xml .* is cut off",
        ),
    ],
)
def test_damaged_workbook_says_which_part(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "laps.xlsx"
    path.write_bytes(data)

    with pytest.raises(MalformedFile, match=words):
        xlsx.open_parts(path, scratch=tmp_path)


@pytest.mark.parametrize("number", [3831, 1907])
def test_part_that_does_not_unpack_is_damage(tmp_path: Path, number: int) -> None:
    path = tmp_path / "laps.xlsx"
    path.write_bytes(make(2, number)[1])

    with pytest.raises(MalformedFile, match=r"cannot be read|cut off or damaged"):
        xlsx.open_parts(path, scratch=tmp_path)
