"""CSV as people send it: every row arrives, or is named with its reason."""

import pytest

from imports.errors import EmptyFile, FileRejected, MalformedFile
from imports.readers.table import BadLine
from tests.unit.readers.parsed import parse

HEADER = "a,b,c"


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    parsed = parse("a,b,c\n1,2,3\n4,5,6\n")

    assert parsed.rows == [(2, "1", "2", "3"), (3, "4", "5", "6")]
    assert parsed.table.rows_read == 2
    assert parsed.bad == []


@pytest.mark.parametrize(
    ("start", "delimiter", "end"),
    [
        (b"", ",", "\n"),
        (b"", ";", "\n"),
        (b"", "\t", "\n"),
        (b"", "|", "\n"),
        (b"", ",", "\r\n"),
        (b"", ",", "\r"),
        (b"\xef\xbb\xbf", ",", "\n"),
        (b"\xef\xbb\xbf", ";", "\r\n"),
    ],
)
@pytest.mark.parametrize("is_quoted", [False, True])
@pytest.mark.parametrize("has_bad_line", [False, True])
def test_delimiters_line_ends_and_marks_of_programs_are_read(
    start: bytes, delimiter: str, end: str, is_quoted: bool, has_bad_line: bool
) -> None:
    quote = '"' if is_quoted else ""
    lines = [["a", "b"], ["Größe", ""], ["漢字", "2"]]
    written = [delimiter.join(f"{quote}{c}{quote}" for c in line) for line in lines]
    extra = [delimiter.join("xyz")] if has_bad_line else []

    parsed = parse(start + (end.join([*written, *extra]) + end).encode())

    assert parsed.table.columns == ("a", "b")
    assert parsed.rows == [(2, "Größe", ""), (3, "漢字", "2")]
    assert parsed.bad == ([(4, "too_many_cells")] if has_bad_line else [])


@pytest.mark.parametrize("end", ["\n", ""])
def test_last_line_needs_no_end_where_it_is_whole(end: str) -> None:
    assert parse(f"a,b,c\n1,2,3\n4,5,6{end}").rows[-1] == (3, "4", "5", "6")


def test_short_line_with_all_that_is_required_is_padded_and_counted() -> None:
    parsed = parse("a,b,c\n1,2\n4,5,6\n7\n", required={"a"})

    assert parsed.rows == [(2, "1", "2", ""), (3, "4", "5", "6"), (4, "7", "", "")]
    assert parsed.table.short_lines == 2
    assert parsed.bad == []


def test_short_line_without_what_is_required_is_refused() -> None:
    parsed = parse("a,b,c\n1\n4,5,6\n", required={"b"})

    assert parsed.rows == [(3, "4", "5", "6")]
    assert parsed.bad == [(2, "too_few_cells")]
    assert parsed.table.bad_lines.kept[0].text == "1"
    assert parsed.table.short_lines == 0


def test_short_last_line_without_its_end_is_where_the_file_was_cut_off() -> None:
    parsed = parse("a,b,c\n1,2,3\n4,5", required={"a"})

    assert parsed.rows == [(2, "1", "2", "3")]
    assert parsed.bad == [(3, "too_few_cells")]


def test_line_with_too_many_cells_is_refused_whole() -> None:
    parsed = parse("a,b,c\n1,2,3,4\n4,5,6\n")

    assert parsed.rows == [(3, "4", "5", "6")]
    assert parsed.table.bad_lines.kept == [
        BadLine(
            row_number=2,
            code="too_many_cells",
            message="The line has 4 cells, the header names 3 columns.",
            text="1,2,3,4",
        )
    ]


@pytest.mark.parametrize("blank", ["", "  ", "\r"])
def test_blank_lines_are_no_rows_and_are_counted_in_row_numbers(blank: str) -> None:
    parsed = parse(f"a,b,c\n{blank}\n1,2,3\n{blank}\n{blank}\n4,5,6\n{blank}\n")

    assert [row[0] for row in parsed.rows] == [3, 6]
    assert parsed.table.rows_read == 2
    assert parsed.bad == []


def test_blank_lines_of_a_single_column_are_no_rows() -> None:
    parsed = parse("a\n\nx\n  \ny\n")

    assert parsed.rows == [(3, "x"), (5, "y")]
    assert parsed.table.rows_read == 2


@pytest.mark.parametrize("extra", ["", "too\tmany\tcells\there\n"])
def test_line_of_nothing_but_delimiters_is_a_row(extra: str) -> None:
    parsed = parse(f"a\tb\tc\n1\t2\t3\n\t\t\n{extra}")

    assert parsed.rows == [(2, "1", "2", "3"), (3, "", "", "")]


def test_unclosed_quote_loses_only_its_own_line() -> None:
    parsed = parse('a,b,c\n1,2,3\n4,"5,6\n7,8,9\n')

    assert parsed.rows == [(2, "1", "2", "3"), (4, "7", "8", "9")]
    assert parsed.bad == [(3, "malformed_line")]
    assert parsed.table.bad_lines.kept[0].text == '4,"5,6'
    assert "never closed" in parsed.table.bad_lines.kept[0].message


def test_two_unclosed_quotes_lose_only_their_own_lines() -> None:
    parsed = parse('a,b,c\n4,"5,6\n7,8,9\n1,"2,3\n10,11,12\n')

    assert parsed.rows == [(3, "7", "8", "9"), (5, "10", "11", "12")]
    assert [number for number, _ in parsed.bad] == [2, 4]


def test_inch_marks_lose_no_line() -> None:
    parsed = parse('a,b\n5" pipe,1\nplain,2\n6" pipe,3\n')

    assert parsed.rows == [
        (2, '5" pipe', "1"),
        (3, "plain", "2"),
        (4, '6" pipe', "3"),
    ]
    assert parsed.table.rows_read == 3


def test_unclosed_quote_far_from_the_end_loses_only_its_own_line() -> None:
    good = "".join(f"{n},x,y\n" for n in range(1_000))

    parsed = parse(f'a,b,c\n4,"5,6\n{good}')

    assert [row[0] for row in parsed.rows] == list(range(3, 1_003))
    assert parsed.bad == [(2, "malformed_line")]


def test_quoted_cells_keep_delimiters_quotes_and_line_ends() -> None:
    parsed = parse('a,b,c\n"1,5","say ""hi""","two\nlines"\n4,5,"x\r\ny"\n')

    assert parsed.rows == [
        (2, "1,5", 'say "hi"', "two\nlines"),
        (3, "4", "5", "x\r\ny"),
    ]


@pytest.mark.parametrize(
    "line",
    ['x"y,z"w,2', '"x"y,2', ' "x,y",2', '"x" ,2', 'x"",2', '"x"",2,3', '"x""y","z'],
)
@pytest.mark.parametrize("extra", ["", "1,2,3,4\n"])
def test_stray_quotes_never_touch_the_other_lines(line: str, extra: str) -> None:
    parsed = parse(f"a,b\n1,2\n{line}\n3,4\n{extra}")

    good = [row for row in parsed.rows if row[0] in (2, 4)]
    assert good == [(2, "1", "2"), (4, "3", "4")]
    assert len(parsed.rows) + len(parsed.bad) == parsed.table.rows_read


@pytest.mark.parametrize("line", ['x"y,z"w,2', '"x"y,2', 'x"",2', "x\ry,2", "1,2\r3,4"])
def test_line_reads_the_same_whatever_stands_beside_it(line: str) -> None:
    alone = parse(f"a,b\n{line}\n")
    beside = parse(f"a,b\n{line}\n1,2,3,4\n")

    assert alone.rows == beside.rows
    assert alone.bad == beside.bad[:-1]


def test_row_number_after_a_cell_of_many_lines_counts_it_as_one_row() -> None:
    parsed = parse('a,b\n1,"x\ny\nz"\n2,3\n')

    assert [row[0] for row in parsed.rows] == [2, 3]


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        ("\x1fa,b", MalformedFile, "column 1 holds a control character"),
        ("a,b\x00", MalformedFile, "column 2 holds a control character"),
        ('a,"b\nc",d', MalformedFile, "header cannot be read"),
        ("", EmptyFile, "first lines are blank"),
        (" ", EmptyFile, "first lines are blank"),
    ],
)
def test_header_that_names_no_columns_is_refused(
    header: str, error: type[FileRejected], words: str
) -> None:
    with pytest.raises(error, match=words):
        parse(f"{header}\n")


def test_header_without_rows_has_none() -> None:
    assert parse("a,b,c\n").rows == []
    assert parse("a,b,c").table.rows_read == 0


def test_names_of_the_header_are_trimmed() -> None:
    assert parse("a, b ,c\n1,2,3\n").table.columns == ("a", "b", "c")


@pytest.mark.parametrize("extra", ["", "1,2,3,4\n"])
def test_nul_is_a_character_of_its_cell(extra: str) -> None:
    assert parse(f"a,b\nx\x00y,2\n{extra}").rows == [(2, "x\x00y", "2")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_few_lines_that_are_no_utf8_are_refused_and_the_others_read(end: bytes) -> None:
    good = ["é,漢".encode()] * 300
    lines = [b"a,b", *good, b"caf\xe9,2", b'"x', b'\xff",2', b"z,1"]

    parsed = parse(end.join([*lines, b""]))

    assert [row[0] for row in parsed.rows] == [*range(2, 302), 304]
    assert parsed.bad == [(302, "not_utf8"), (303, "not_utf8")]
    assert [line.text for line in parsed.table.bad_lines] == [
        r"caf\xe9,2",
        '"x' + end.decode() + r'\xff",2',
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("é,b\né,2\n".encode() + b"\xff,3\n", r"Line 3 .* \(its byte 1\)"),
        (b"\xef\xbb\xbfa,b\n1,2\n3,caf\xe9\n", r"Line 3 .* \(its byte 6\)"),
        ("é,1\n".encode() * 9 + b"xy,\xff\n", r"Line 10 .* \(its byte 4\)"),
        (b"\xef\xbb\xbfa,\xe9\n" + b"1,2\n" * 200, "Line 1 .* names the columns"),
        (b"a,b\n" + bytes(range(1, 256)), "Line 4 .* Save the file as UTF-8"),
    ],
)
def test_file_with_many_bad_bytes_is_refused_with_the_first(
    data: bytes, words: str
) -> None:
    with pytest.raises(MalformedFile, match=words):
        parse(data)


def test_column_of_the_line_ends_is_no_column() -> None:
    parsed = parse("a;b;\n1;2;\n3;4\n5;6;\n7;8")

    assert parsed.table.columns == ("a", "b")
    assert parsed.rows == [
        (2, "1", "2"),
        (3, "3", "4"),
        (4, "5", "6"),
        (5, "7", "8"),
    ]
    assert (parsed.bad, parsed.table.short_lines) == ([], 0)


@pytest.mark.parametrize("extra", ["", "1;2;3;4;5;6\n"])
def test_columns_without_a_name_stay_where_they_have_a_cell(extra: str) -> None:
    parsed = parse(f"a;b;;;\n1;2;;;\n3;4; ;5; \n{extra}")

    assert parsed.table.columns == ("a", "b", "column 3", "column 4")
    assert [row[1:] for row in parsed.rows] == [
        ("1", "2", "", ""),
        ("3", "4", " ", "5"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", [["Race 1"], ["", "Race 1;;", ""], ["  "]])
def test_rows_below_a_title_have_the_numbers_of_the_sheet(
    above: list[str], end: str
) -> None:
    lines = [*above, "Pos;Driver;Team;Time;Gap", "1;ann;red;62,5;", "2;bob;blue;63,5;"]

    parsed = parse(end.join([*lines, ""]))

    assert parsed.table.columns == ("Pos", "Driver", "Team", "Time", "Gap")
    first = len(above) + 2
    assert [row[:2] for row in parsed.rows] == [(first, "1"), (first + 1, "2")]
    [notice] = parsed.table.notices
    assert (notice.code, notice.rows) == ("lines_above_header", len(above))


def test_title_that_ends_in_a_cr_alone_takes_no_row_away() -> None:
    parsed = parse("Race 1\ra;b;c;d\n1;2;3;4\n5;6;7;8\n")

    assert [row[:2] for row in parsed.rows] == [(3, "1"), (4, "5")]


@pytest.mark.parametrize("extra", ["", "1;2;3\n"])
def test_line_for_excel_is_heard_and_not_counted(extra: str) -> None:
    parsed = parse(f"sep=;\na,1;b,1\n1,5;2\n{extra}")

    assert parsed.table.columns == ("a,1", "b,1")
    assert parsed.rows == [(2, "1,5", "2")]
    assert parsed.table.notices == ()


@pytest.mark.parametrize("extra", ["", '"x"\n'])
def test_file_of_one_column_has_no_delimiter(extra: str) -> None:
    parsed = parse(f"driver\nHamilton, Lewis\nRosberg; Nico\n{extra}")

    assert [row[1] for row in parsed.rows][:2] == ["Hamilton, Lewis", "Rosberg; Nico"]
    assert parsed.bad == []


def test_millions_of_bad_lines_are_counted_and_few_kept() -> None:
    parsed = parse("a,b\n1,2\n" + "1,2,3\n" * 10_100)

    assert len(parsed.table.bad_lines) == 10_100
    assert len(parsed.table.bad_lines.kept) == 10_000
    assert parsed.table.rows_read == 10_101


def test_cell_of_two_megabytes_is_read_in_a_plain_file() -> None:
    big = "x" * 2_000_000

    assert parse(f"a,b\n{big},2\n").rows == [(2, big, "2")]


def test_cell_of_two_megabytes_beside_a_bad_line_is_named() -> None:
    parsed = parse(f"a,b\n{'x' * 2_000_000},2\n1,2\n1,2,3\n")

    assert parsed.rows == [(3, "1", "2")]
    assert parsed.bad == [(2, "malformed_line"), (4, "too_many_cells")]
