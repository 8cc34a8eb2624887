"""The header: every column has a name of its own, wherever the header stands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.errors import EmptyFile, MalformedFile
from imports.readers.delimited.csv_header import Header, _columns, read_header
from imports.readers.delimited.encodings import Utf8Text


@pytest.fixture
def header_of(tmp_path: Path):
    def read(content: str) -> Header:
        path = tmp_path / "file.csv"
        path.write_text(content, encoding="utf-8", newline="")
        return read_header(Utf8Text(path, has_quotes='"' in content))

    return read


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("a, b ,\u00a0c\u00a0", ("a", "b", "c")),
        ("\ufeffa,\ufeffb", ("a", "b")),
        ("Lap,lap,LAP", ("Lap", "lap", "LAP")),
        (",driver,1,2", ("column 1", "driver", "1", "2")),
        ("a,,b", ("a", "column 2", "b")),
        ("a,a,b,a", ("a", "a (2)", "b", "a (3)")),
        ("a,a,a,a (2)", ("a", "a (3)", "a (4)", "a (2)")),
        ("a,a,a (2)", ("a", "a (3)", "a (2)")),
        (",column 1", ("column 1 (2)", "column 1")),
        ("a,,column 2,column 2 (2)", ("a", "column 2 (3)", "column 2", "column 2 (2)")),
    ],
)
def test_every_column_has_a_name_of_its_own(header_of, line, columns) -> None:
    assert header_of(f"{line}\n").columns == columns


def test_names_that_repeat_are_told(header_of) -> None:
    assert header_of("a,b,a ,,\n").repeated == {"a"}
    assert header_of("a,A,,\n").repeated == frozenset()


NAMES = st.sampled_from(["a", "a (2)", "a (3)", "", "column 1", "column 2", "b"])


@given(names=st.lists(NAMES, min_size=1, max_size=8))
def test_names_of_the_file_stay_with_their_columns(names: list[str]) -> None:
    columns = _columns(names)

    assert len(set(columns)) == len(columns) == len(names)
    for place, name in enumerate(names):
        if name and names.index(name) == place:
            assert columns[place] == name


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n3,4\nq,w,e,r,t,y\n",
        "a,b\nann,bob,cid,dan\n",
        "driver\nHamilton, Lewis\nRosberg, Nico\n",
        "1,2,3\nann,bob,cid\n",
        ",,driver,race\n1,2,3,4\n",
        "a\n",
        "a;b;c\n" + "1;2;3\n" * 30,
    ],
)
def test_first_line_is_the_header_whatever_stands_below(header_of, content) -> None:
    header = header_of(content)

    assert (header.lines, header.first_row_number, header.notices) == (1, 2, ())


@pytest.mark.parametrize("content", ["", " ", "\n\n", "sep=;\n", "\u00a0\n"])
def test_file_that_names_no_column_is_empty(header_of, content) -> None:
    with pytest.raises(EmptyFile, match="first lines are blank"):
        header_of(content)


@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{n}" for n in range(1_000_000)),
        "," * 10_000,
        "Race 1\n"
        + ",".join(f"c{n}" for n in range(20_000))
        + "\n1"
        + ",1" * 19_999
        + "\n2"
        + ",1" * 19_999,
        "x" * 2_000_000,
    ],
)
def test_header_of_too_many_columns_is_refused(header_of, content) -> None:
    with pytest.raises(MalformedFile, match="more than 10,000 columns"):
        header_of(content)


def test_header_of_as_many_columns_as_may_be_is_read(header_of) -> None:
    assert len(header_of("a," * 9_999 + "a\n").columns) == 10_000
