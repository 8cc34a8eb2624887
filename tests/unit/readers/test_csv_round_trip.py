"""Any bytes are rows, bad lines or one refusal; what is written is read back."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imports.errors import FileRejected
from tests.unit.readers.parsed import parse

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
NASTY = st.text(",;\"\n\r\t '|\x00\x1f\u2028é漢", max_size=6)
CELLS = st.one_of(TEXT, NASTY)
WRITERS: list[Callable[[Any], Any]] = [
    lambda out: csv.writer(out),
    lambda out: csv.writer(out, quoting=csv.QUOTE_ALL),
    lambda out: csv.writer(
        out, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL
    ),
    lambda out: csv.writer(out, delimiter="\t"),
]


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
@pytest.mark.parametrize("make", WRITERS)
def test_what_csv_writers_write_is_read_cell_by_cell(
    make: Callable[[Any], Any], rows: list[tuple[str, str, str]]
) -> None:
    out = io.StringIO(newline="")
    writer = make(out)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)

    parsed = parse(out.getvalue())

    assert [row[1:] for row in parsed.rows] == rows
    assert [row[0] for row in parsed.rows] == list(range(2, 2 + len(rows)))


WESTERN = st.sampled_from(["José", "Größe", "5 €", "Nuñez", "1½ L", "a;b|c^,", "", " "])
CHINESE = st.text("賽馬日期名次騎師練馬師時間", min_size=1, max_size=8)
ENCODED = [
    *((encoding, CHINESE) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
    *((encoding, WESTERN) for encoding in ("utf-16-le", "utf-16-be", "cp1252")),
    *((encoding, CHINESE) for encoding in ("gbk", "gb18030", "big5", "cp932")),
]


@given(
    data=st.data(),
    delimiter=st.sampled_from([",", ";", "\t", "|", "^", "~"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@pytest.mark.parametrize(("encoding", "cells"), ENCODED)
def test_table_is_read_back_whatever_it_is_written_in(
    encoding: str,
    cells: st.SearchStrategy[str],
    delimiter: str,
    end: str,
    data: st.DataObject,
) -> None:
    # Enough of a text that it can be known.
    fixed = "é Müller" if cells is WESTERN else "金槍六十浪漫勇士"
    rows = [(fixed, "x", "y"), *data.draw(st.lists(st.tuples(cells, cells, cells)))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([("horse", "jockey", "time"), *rows])

    parsed = parse(out.getvalue().encode(encoding))

    assert [row[1:] for row in parsed.rows] == rows
    is_utf8 = encoding.startswith("utf-8")
    assert [n.code for n in parsed.table.notices] == ([] if is_utf8 else ["encoding"])


LINES = st.lists(
    st.one_of(st.binary(max_size=12), NASTY.map(str.encode), TEXT.map(str.encode)),
    max_size=8,
).map(b"".join)
HEADED = LINES.map(lambda data: b"a,b\n" + data)


@given(data=st.one_of(st.binary(max_size=60), LINES, HEADED, HEADED))
@example(data=b"a\n\x1f\n")
@example(data=b"\x1f!")
@example(data=b"x\x01\n1\n")
def test_any_bytes_are_rows_or_one_typed_refusal(data: bytes) -> None:
    try:
        parsed = parse(data)
    except FileRejected:
        return

    assert len(parsed.rows) + len(parsed.table.bad_lines) == parsed.table.rows_read
    numbers = [row[0] for row in parsed.rows] + [number for number, _ in parsed.bad]
    assert len(set(numbers)) == len(numbers)
    assert all(number >= 2 for number in numbers)
