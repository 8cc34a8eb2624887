"""Workbooks as people save them, and as nobody does."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from imports.errors import EmptyFile, MalformedFile
from imports.readers.workbooks import xlsx, xlsx_zip
from tests.unit.readers.parts import Opened, opened

SHEET = "xl/worksheets/sheet1.xml"
Rows = list[list[Any]]
Edit = Callable[[str], str]


def workbook(
    sheets: dict[str, Rows], *, formats: dict[str, str] | None = None
) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell, form in (formats or {}).items():
            sheet[cell].number_format = form
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def edited(
    data: bytes, part: str, edit: Edit, *, also: dict[str, str] | None = None
) -> bytes:
    """Give the workbook with another text in one of its parts."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            text = old.read(member)
            if member.filename == part:
                text = edit(text.decode()).encode()
            new.writestr(member.filename, text)
        for name, text in (also or {}).items():
            new.writestr(name, text)
    return target.getvalue()


def parse(rows: Rows, **options: Any) -> Opened:
    return opened(xlsx.open_parts, workbook({"laps": rows}, **options))["laps"]


def sheet_xml(rows: str) -> bytes:
    """Give a workbook whose sheet holds these elements as its rows."""

    def put(text: str) -> str:
        return re.sub(
            r"<sheetData.*(/>|</sheetData>)", f"<sheetData>{rows}</sheetData>", text
        )

    return edited(workbook({"laps": [["a", "b"]]}), SHEET, put)


STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'count="2" uniqueCount="2"><si><t>a</t></si><si><r><t>An</t></r><r><t>n</t></r>'
    "<rPh><t>x</t></rPh></si></sst>"
)
STRINGS_TYPE = (
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def with_shared_texts(strings: str = STRINGS) -> bytes:
    """Give a workbook whose cells refer to texts of a part of their own."""
    data = sheet_xml(
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    )
    return edited(
        data,
        "[Content_Types].xml",
        lambda text: text.replace("</Types>", STRINGS_TYPE),
        also={"xl/sharedStrings.xml": strings},
    )


def inline(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def refused(data: bytes) -> str:
    with pytest.raises(MalformedFile) as caught:
        opened(xlsx.open_parts, data)
    return str(caught.value)


def test_each_sheet_with_cells_is_a_part() -> None:
    parts = opened(
        xlsx.open_parts, workbook({"A": [["x"], [1]], "none": [], "B": [["y"]]})
    )

    assert list(parts) == ["A", "B"]
    assert parts["A"].rows == [(2, "1")]
    assert (parts["B"].columns, parts["B"].rows) == (("y",), [])


def test_values_as_text() -> None:
    values = [57.0, 0.1, -3, True, "x", "", None, "#N/A", 123456789012345]
    header = [f"c{number}" for number in range(len(values))]

    table = parse([header, values])

    assert table.cells == [
        ("57", "0.1", "-3", "true", "x", None, None, "#N/A", "123456789012345")
    ]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (date(2024, 3, 2), "yyyy-mm-dd", "2024-03-02"),
        (
            datetime.fromisoformat("2024-03-02T15:03:04"),
            "yyyy-mm-dd hh:mm:ss",
            "2024-03-02T15:03:04",
        ),
        (
            datetime.fromisoformat("2024-03-02T15:03:04.342"),
            "hh:mm:ss.000",
            "2024-03-02T15:03:04.342",
        ),
        (time(7, 34), "hh:mm", "07:34:00"),
        (97.284 / 86_400, "mm:ss.000", "00:01:37.284"),
        (timedelta(seconds=97, milliseconds=284), "[h]:mm:ss.000", "97.284"),
        (timedelta(hours=30), "[h]:mm:ss", "108000"),
        (1e9, "yyyy-mm-dd", "1000000000"),
    ],
)
def test_dates_times_and_durations(value: Any, form: str, text: str) -> None:
    table = parse([["a", "b"], [value, "x"]], formats={"A2": form})

    assert table.cells == [(text, "x")]


def test_dates_that_count_from_1904() -> None:
    data = workbook({"laps": [["a", "b"], [1, "x"]]}, formats={"A2": "yyyy-mm-dd"})
    data = edited(
        data,
        "xl/workbook.xml",
        lambda text: text.replace("<workbookPr ", '<workbookPr date1904="1" '),
    )

    assert opened(xlsx.open_parts, data)["laps"].cells == [("1904-01-02", "x")]


def test_titles_above_the_header_are_passed_over() -> None:
    table = parse([["Race 1"], [], ["car", "driver", "lap"], [7, "Ann", 1]])

    assert table.columns == ("car", "driver", "lap")
    assert table.rows == [(4, "7", "Ann", "1")]
    assert table.part.header_row == 3
    assert table.notices == [("lines_above_header", 2)]


def test_names_that_are_blank_or_repeated() -> None:
    table = parse([["a", "a", None, "b\nc", None], [1, 2, 3, 4, None], [None] * 5])

    assert table.columns == ("a", "a (2)", "b c", "column 3")
    assert table.rows == [(2, "1", "2", "4", "3")]


def test_formula_that_nobody_computed_is_null_and_counted() -> None:
    table = parse([["a", "b"], [1, "=A2+1"]])

    assert table.cells == [("1", None)]
    assert table.notices == [("formulas_without_value", 1)]


def test_text_of_several_runs_and_without_its_reading() -> None:
    rich = (
        '<row r="1">' + inline("A1", "a") + inline("B1", "b") + '</row><row r="2">'
        '<c r="A2" t="inlineStr"><is><r><t>An</t></r><r><t>n</t></r><rPh><t>x</t></rPh>'
        "</is></c>" + inline("B2", "_x0041__x000D_") + "</row>"
    )

    assert opened(xlsx.open_parts, sheet_xml(rich))["laps"].cells == [("Ann", "A\r")]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="A2" t="s"><v>99</v></c>', "malformed_row"),
        ('<c r="A2"><v>abc</v></c>', "malformed_row"),
        ('<c r="A2"><v>NaN</v></c>', "not_a_finite_number"),
        ('<c r="A2"><v>1e999</v></c>', "not_a_finite_number"),
        (inline("A2", "x") + inline("A2", "y"), "malformed_row"),
        (inline("A2", "_x0000_"), "nul_character"),
        (inline("A2", "_xD800_"), "lone_surrogate"),
    ],
)
def test_row_that_cannot_be_read_is_a_bad_line(cell: str, code: str) -> None:
    head = f'<row r="1">{inline("A1", "a")}{inline("B1", "b")}</row>'
    good = f'<row r="3">{inline("A3", "x")}</row>'

    table = opened(xlsx.open_parts, sheet_xml(f'{head}<row r="2">{cell}</row>{good}'))

    assert table["laps"].rows == [(3, "x", None)]
    assert table["laps"].bad == [(2, code)]


def test_size_that_the_sheet_states_is_not_believed() -> None:
    data = edited(
        workbook({"laps": [["a", "b"], [1, 2]]}),
        SHEET,
        lambda text: re.sub('ref="[^"]*"', 'ref="A1:XFD1048576"', text, count=1),
    )

    assert opened(xlsx.open_parts, data)["laps"].rows == [(2, "1", "2")]


def test_texts_that_cells_share() -> None:
    table = opened(xlsx.open_parts, with_shared_texts())["laps"]

    assert (table.columns, table.cells) == (("a",), [("Ann",)])


def test_count_of_texts_that_the_file_states_is_not_believed() -> None:
    lying = STRINGS.replace('uniqueCount="2"', 'uniqueCount="4294967295"')

    assert opened(xlsx.open_parts, with_shared_texts(lying))["laps"].cells == [("Ann",)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            f'<row r="1">{inline("A1", "a")}</row><row r="1048576">{inline("XFD1048576", "b")}</row>',
            "XFD1048576",
        ),
        (f'<row r="99999999999">{inline("A1", "a")}</row>', "rows are 1 to 1,048,576"),
        (f'<row r="1">{inline("a1", "a")}</row>', "a cell at 'a1'"),
        ('<row r="1">' + "<c/>" * 600_000 + "</row>", "elements in one row"),
    ],
)
def test_sheet_that_is_refused(rows: str, words: str) -> None:
    assert words in refused(sheet_xml(rows))


def test_far_row_costs_nothing() -> None:
    far = f'<row r="1">{inline("A1", "a")}{inline("B1", "b")}</row><row r="1048576">{inline("A1048576", "x")}</row>'

    assert opened(xlsx.open_parts, sheet_xml(far))["laps"].rows == [
        (1_048_576, "x", None)
    ]


@pytest.mark.parametrize(
    "part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
)
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_are_refused(part: str, doctype: str) -> None:
    def put(text: str) -> str:
        declaration, end, rest = text.rpartition("?>")
        return declaration + end + doctype + rest

    data = edited(with_shared_texts(), part, put)

    assert re.search("document type|Entities", refused(data))


def test_openpyxl_reads_through_defusedxml() -> None:
    assert openpyxl.DEFUSEDXML


@pytest.mark.parametrize("sixteenths", range(1, 16))
def test_file_that_is_cut_off_is_refused(sixteenths: int) -> None:
    data = workbook({"laps": [["a", "b"], [1, 2]]})

    assert "damaged" in refused(data[: len(data) * sixteenths // 16])


def test_file_with_a_password_is_refused() -> None:
    assert "password" in refused(xlsx_zip.OLE_MAGIC + b"\0" * 600)


def test_part_that_is_encrypted_is_refused() -> None:
    data = workbook({"laps": [["a", "b"]]})
    # The flag of the first member in the zip's directory.
    place = data.index(b"PK\x01\x02") + 8

    assert "encrypted" in refused(data[:place] + b"\x01" + data[place + 1 :])


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/styles.xml", SHEET])
def test_part_that_unpacks_to_too_much_is_refused(part: str) -> None:
    data = edited(with_shared_texts(), part, lambda text: text + " " * 70_000_000)

    assert "unpacks to" in refused(data)


def test_too_many_and_repeated_parts_are_refused(tmp_path: Path) -> None:
    data = workbook({"laps": [["a", "b"]]})
    many = {f"xl/extra{number}.xml": "" for number in range(xlsx_zip.MAX_MEMBERS)}

    assert "parts, more than" in refused(edited(data, "", str, also=many))
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = edited(data, "", str, also={SHEET: "<x/>"})
    assert "two parts of one name" in refused(twice)


def test_zip_that_is_no_workbook_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("laps.csv", "a,b")

    assert "cannot be read" in refused(target.getvalue())


def test_workbook_without_cells_is_empty() -> None:
    with pytest.raises(EmptyFile):
        opened(xlsx.open_parts, workbook({"A": [], "B": []}))
