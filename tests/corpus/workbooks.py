"""Workbooks: parts that lack or are damaged, cells, dates and formulas."""

import re

from tests.corpus import good
from tests.corpus.bad_file import LAPS, BadFile, given

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
XMLNS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADER: list[object] = list(LAPS.split(","))
ROW: list[object] = ["Ashford", "1", "7", 1, "1:31.000"]


def sheet(rows: bytes, *, before: bytes = b"") -> bytes:
    """Give a workbook whose sheet holds this XML."""
    xml = (
        b"<?xml version='1.0'?>"
        + before
        + b"<worksheet "
        + XMLNS
        + b"><sheetData>"
        + rows
    )
    return good.edited(good.workbook(), SHEET, xml + b"</sheetData></worksheet>")


def inline(*cells: str) -> bytes:
    return b"".join(
        f'<c t="inlineStr"><is><t>{cell}</t></is></c>'.encode() for cell in cells
    )


def row(*cells: str, number: int | None = None, more: bytes = b"") -> bytes:
    place = f' r="{number}"' if number is not None else ""
    return f"<row{place}>".encode() + inline(*cells) + more + b"</row>"


NAMES = row(*LAPS.split(","))


def _cells(
    name: str, rows: list[list[object]], fault: str, **expected: object
) -> BadFile:
    return BadFile(
        f"{name}.xlsx",
        lambda: good.workbook_of([HEADER, *rows]),
        fault,
        rows=len(rows),
        **expected,  # type: ignore[arg-type]
    )


def xml(name: str, xml: bytes, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.xlsx", lambda: sheet(xml), fault, **expected)  # type: ignore[arg-type]


def _part(
    name: str, part: str, text: bytes | None, fault: str, **expected: object
) -> BadFile:
    return BadFile(
        f"{name}.xlsx",
        lambda: good.edited(good.workbook(), part, text),
        fault,
        **expected,
    )  # type: ignore[arg-type]


def _styles_1904() -> bytes:
    xml = b'<workbookPr date1904="1"/>'
    book = good.workbook_of([["meeting", "name", "start_date"], ["A", "x", 43178]])
    text = re.sub(rb"<workbookPr[^>]*/>", xml, good.part_of(book, "xl/workbook.xml"))
    return good.edited(book, "xl/workbook.xml", text)


DAMAGED = [
    _part(
        "without_sheet", SHEET, None, "F75", error="malformed_file", says="not its rows"
    ),
    _part("without_workbook", "xl/workbook.xml", None, "F52", error="wrong_extension"),
    _part("without_styles", "xl/styles.xml", None, "F75", rows=good.ROWS),
    BadFile(
        "without_texts.xlsx",
        lambda: good.edited(good.with_texts(good.workbook(), b""), STRINGS, None),
        "F75",
        error="malformed_file",
        says="is not there",
    ),
    _part(
        "sheet_cut",
        SHEET,
        b"<worksheet " + XMLNS + b"><sheetData><row>",
        "F51",
        error="malformed_file",
        says="not XML",
    ),
    _part(
        "sheet_not_xml",
        SHEET,
        b"meeting,race\n",
        "F52",
        error="malformed_file",
        says="not XML",
    ),
    _part(
        "sheet_nul", SHEET, b"\0" * 100, "F54", error="malformed_file", says="not XML"
    ),
    _part("workbook_not_xml", "xl/workbook.xml", b"{}", "F52", error="malformed_file"),
    _part("styles_not_xml", "xl/styles.xml", b"<", "F75", error="malformed_file"),
    BadFile(
        "no_cells.xlsx",
        lambda: good.workbook_of([]),
        "F50",
        error="empty_file",
        says="any cells",
    ),
    BadFile(
        "header_only.xlsx",
        lambda: good.workbook_of([HEADER]),
        "F50",
        error="empty_file",
        says="no rows",
    ),
    BadFile(
        "old_workbook.xls",
        given(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        "F52",
        error="unknown_format",
        says=r"\.xls",
    ),
    BadFile(
        "password.xlsx",
        given(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\1" * 600),
        "F67",
        error="unknown_format",
        says="encrypted",
    ),
]

CELLS = [
    _cells(
        "text_for_number",
        [ROW, ["Ashford", "1", "7", "two", "1:31"]],
        "F79",
        rejections=((3, "not_a_whole_number"),),
    ),
    _cells(
        "error_values",
        [["Ashford", "1", "7", "#N/A", "1:31"], ["Ashford", "1", "7", "#REF!", "1:31"]],
        "F61",
        rejections=((2, "not_a_whole_number"), (3, "not_a_whole_number")),
    ),
    _cells(
        "formula_texts",
        [
            ["'=1+1", "1", "7", 1, "1:31"],
            ["+cmd", "1", "7", 1, "1:31"],
            ["@x", "1", "7", 1, "1:31"],
        ],
        "F65",
    ),
    _cells(
        "formula_without_value",
        [["=A1", "1", "7", 1, "1:31"]],
        "F65",
        rejections=((2, "missing_value"),),
    ),
    _cells(
        "long_text",
        [["a" * 32_000, "1", "7", 1, "1:31"]],
        "F57",
        rejections=((2, "not_text"),),
    ),
    xml(
        "serial_dates",
        row("meeting", "name", "start_date")
        + row("A", "x", more=b"<c><v>44640</v></c>"),
        "F64",
        rows=1,
        rejections=((2, "not_a_date"),),
    ),
    xml(
        "not_finite",
        NAMES
        + row("A", "1", "7", more=b"<c><v>1e400</v></c>")
        + row("A", "1", "7", more=b"<c><v>NaN</v></c>"),
        "F61",
        rows=2,
        rejections=((2, "not_a_finite_number"), (3, "not_a_finite_number")),
    ),
    xml(
        "number_of_5000",
        NAMES + row("A", "1", "7", more=b"<c><v>" + b"9" * 5_000 + b"</v></c>"),
        "F61",
        rows=1,
        rejections=((2, "not_a_whole_number"),),
    ),
    xml(
        "not_a_number",
        NAMES + row("A", "1", "7", more=b"<c><v>x</v></c>"),
        "F61",
        rows=1,
        rejections=((2, "malformed_row"),),
    ),
    xml(
        "no_such_text",
        NAMES + row("A", "1", "7", more=b'<c t="s"><v>9999</v></c>'),
        "F61",
        rows=1,
        rejections=((2, "malformed_row"),),
    ),
    xml(
        "cell_twice",
        NAMES + b'<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        "F59",
        rows=1,
        rejections=((2, "malformed_row"),),
        says="A2",
    ),
    xml(
        "rows_backwards",
        NAMES + b'<row r="9"><c><v>1</v></c></row><row r="3"><c><v>1</v></c></row>',
        "F59",
        rows=2,
        rejections=((3, "missing_value"), (9, "missing_value")),
    ),
    xml(
        "row_twice",
        NAMES + b'<row r="2"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row>',
        "F59",
        rows=2,
        rejections=((2, "missing_value"), (2, "missing_value")),
    ),
    xml(
        "half_character",
        NAMES + row("_xD800_", "1", "7", "1", "1:31"),
        "F55",
        rows=1,
        rejections=((2, "lone_surrogate"),),
    ),
    xml(
        "escaped_nul",
        NAMES + row("_x0000_", "1", "7", "1", "1:31"),
        "F54",
        rows=1,
        rejections=((2, "nul_character"),),
    ),
    xml(
        "name_twice",
        row(*LAPS.split(","), "time") + row("A", "1", "7", "1", "1:31", "1:32"),
        "F59",
        error="unknown_layout",
        says=r"time \(2\)",
    ),
    BadFile(
        "epoch_1904.xlsx", _styles_1904, "F64", rows=1, rejections=((2, "not_a_date"),)
    ),
]

FILES = [*DAMAGED, *CELLS]
