"""Workbooks that would become huge: far cells, lying counts, entities, endless rows."""

from functools import partial

from tests.corpus import good
from tests.corpus.bad_file import BadFile
from tests.corpus.workbooks import NAMES, SHEET, XMLNS, row, sheet, xml


def _strings(texts: bytes, *, says: str = "") -> bytes:
    return b"<sst " + XMLNS + b" " + says.encode() + b">" + texts + b"</sst>"


def _row_bomb(rows: int) -> bytes:
    return sheet(NAMES + row("Ashford", "1", "7", "1", "1:31") * rows)


def _text_bomb(size: int, count: int) -> bytes:
    text = b"<si><t>" + b"a" * size + b"</t></si>"
    return good.with_texts(good.workbook(), _strings(text * count))


def _references(rows: int) -> bytes:
    """Give a text of a megabyte that many cells name."""
    text = b"<si><t>" + b"a" * 900_000 + b"</t></si>"
    cell = b'<row><c t="s"><v>0</v></c></row>'
    book = good.with_texts(good.workbook(), _strings(text))
    sheet = (
        b"<worksheet "
        + XMLNS
        + b"><sheetData>"
        + cell * rows
        + b"</sheetData></worksheet>"
    )
    return good.edited(book, SHEET, sheet)


LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY a0 "lol">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    + b"]>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'

FILES = [
    xml(
        "far_cell",
        row("meeting") + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "F69",
        error="malformed_file",
        says="XFD1048576",
    ),
    xml(
        "row_1048577",
        NAMES + b'<row r="1048577"><c><v>1</v></c></row>',
        "F69",
        error="malformed_file",
        says="1048577",
    ),
    xml(
        "row_minus_1",
        NAMES + b'<row r="-1"><c><v>1</v></c></row>',
        "F69",
        error="malformed_file",
        says="-1",
    ),
    xml(
        "cell_zzzz1",
        NAMES + b'<row><c r="ZZZZ1"><v>1</v></c></row>',
        "F69",
        error="malformed_file",
        says="ZZZZ1",
    ),
    BadFile(
        "unique_count.xlsx",
        lambda: good.with_texts(
            good.workbook(),
            _strings(
                b"<si><t>x</t></si>", says='count="4294967295" uniqueCount="4294967295"'
            ),
        ),
        "F70",
        rows=good.ROWS,
    ),
    BadFile(
        "texts_458m.xlsx",
        partial(_text_bomb, 458_000, 1_000),
        "F71",
        error="malformed_file",
        says="unpacks to",
        is_heavy=True,
    ),
    BadFile(
        "texts_20m.xlsx",
        partial(_text_bomb, 20_000, 1_000),
        "F71",
        error="malformed_file",
        says="no sheet of real rows",
    ),
    BadFile(
        "laughs_sheet.xlsx",
        lambda: sheet(row("&a9;"), before=LAUGHS),
        "F72",
        error="malformed_file",
        says="document type",
    ),
    BadFile(
        "laughs_texts.xlsx",
        lambda: good.with_texts(
            good.workbook(), LAUGHS + _strings(b"<si><t>&a9;</t></si>")
        ),
        "F72",
        error="malformed_file",
        says="document type",
    ),
    BadFile(
        "laughs_workbook.xlsx",
        lambda: good.edited(
            good.workbook(), "xl/workbook.xml", LAUGHS + b"<workbook>&a9;</workbook>"
        ),
        "F72",
        error="malformed_file",
    ),
    BadFile(
        "laughs_styles.xlsx",
        lambda: good.edited(
            good.workbook(), "xl/styles.xml", LAUGHS + b"<styleSheet>&a9;</styleSheet>"
        ),
        "F72",
        error="malformed_file",
    ),
    BadFile(
        "outside.xlsx",
        lambda: sheet(row("&f;"), before=OUTSIDE),
        "F72",
        error="malformed_file",
        says="document type",
    ),
    BadFile(
        "rows_200k.xlsx",
        partial(_row_bomb, 200_000),
        "F68",
        error="malformed_file",
        says="no sheet of real rows",
    ),
    BadFile(
        "rows_3m.xlsx",
        partial(_row_bomb, 3_000_000),
        "F68",
        error="malformed_file",
        says="unpacks to",
        is_heavy=True,
    ),
    BadFile(
        "references.xlsx",
        partial(_references, 20_000),
        "F71",
        error="malformed_file",
        says="268,435,456 characters",
        is_heavy=True,
    ),
    xml(
        "cells_in_a_row",
        NAMES + b"<row>" + b"<c><v>1</v></c>" * 5_000 + b"</row>",
        "F69",
        error="malformed_file",
        says="beyond column",
    ),
    xml(
        "deep_xml",
        NAMES + b"<row>" + b"<c>" * 50_000,
        "F63",
        error="malformed_file",
        says="not XML",
    ),
    xml("elements_beside", b"<x/>" * 600_000, "F63", error="malformed_file"),
]
