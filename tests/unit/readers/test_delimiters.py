"""The delimiter of the first lines, also where cells hold others."""

import pytest

from imports.readers.delimited import delimiters


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1:34,570;1,5;2,5\n1:35,570;1,5;2,5\n", ";"),
        ("name, first;lap;time\nann;1;62\nbob;2;63\n", ";"),
        ("a, b, c;lap\nann;1\nbob;2\n", ";"),
        ("a\tb\nHamilton, Lewis\t1\nRosberg, Nico\t2\n", "\t"),
        ("a|b|c\n1,2|3|4\n", "|"),
        ("a^b\n1,5^2\n", "^"),
        ("a~b~c\n1~2~3\n", "~"),
        ("a^,b\n1,2\n", ","),
        ('"a;b;c;d",e\n1,2\n', ","),
        ('"a;b","c;d"\n1,2\n"x;y;z;","2"\n', ","),
        ("a,b,c,d,e\n1,2\n1,2\n", ","),
        ("Results\n\na;b;c\n1,5;2;3\n4,5;5;6\n", ";"),
        ("Race 1, May\na;b;c\n1;2;3\n4;5;6\n", ";"),
        ('a,b\n5" pipe,1\n6" pipe,2\n', ","),
        ('a,b\n"two\nlines;;;",1\n', ","),
        ("team\nred\nblue\n", delimiters.NONE),
        ("\n \n", delimiters.NONE),
        ("\ufeff\na\tb\n\t\n", "\t"),
    ],
)
def test_delimiter_is_the_one_that_lines_agree_on(text: str, delimiter: str) -> None:
    assert delimiters.choose(text.splitlines(keepends=True)) == delimiter


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("sep=;\r\n", ";"),
        ("SEP=,\n", ","),
        ('"sep=|"\n', "|"),
        ("sep=\t\n", "\t"),
        ("sep=\n", None),
        ("sep=;,\n", None),
        ("separator=;\n", None),
        ("a;sep=;\n", None),
    ],
)
def test_excel_is_told_the_delimiter_by_a_line_of_its_own(
    line: str, delimiter: str | None
) -> None:
    assert delimiters.declared(line) == delimiter
