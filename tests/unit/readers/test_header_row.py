"""The header is the first row unless the rows above it are plainly titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.readers.header_row import find_header

HEADER = ["car", "driver", "lap", "time", "gap"]
DATA = ["7", "Ann", "1", "1:30.123", "+0.5"]

cells = st.text(alphabet="aB1: .", max_size=4)
names = st.text(alphabet="abcd", min_size=1, max_size=4)


@given(
    header=st.lists(names, min_size=1, max_size=6, unique=True),
    data=st.data(),
)
def test_file_whose_first_row_is_the_header(
    header: list[str], data: st.DataObject
) -> None:
    row = st.lists(cells, min_size=len(header), max_size=len(header))
    rows = data.draw(st.lists(row, max_size=6))

    assert find_header([header, *rows]) == 0


@pytest.mark.parametrize(
    "above",
    [
        [["Race 1"]],
        [["Race 1", "", "", "", ""]],
        [["Race 1"], [], ["Track", "Spa"], [""]],
        [["Provisional", "2024-03-02"], ["page 1"]],
    ],
)
def test_titles_above_the_header_are_passed_over(above: list[list[str]]) -> None:
    assert find_header([*above, HEADER, DATA, DATA]) == len(above)


def test_header_below_a_title_may_have_no_rows() -> None:
    assert find_header([["Race 1"], HEADER]) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["a"]],
        # Long rows under a short header are bad lines, not the table.
        [["a", "b", "c"], ["x", "y", "z", "w"]],
        [["car", "driver"], ["7", "Ann"], ["x", "y", "z"]],
        # Numbers and times name no columns.
        [["Race 1"], DATA, DATA],
        [["car"], ["7", "1:30.1"], ["8", "1:30.2"]],
        # A wide note below the table.
        [["car", "driver"], ["7", "Ann"], ["a note", "on", "the", "race"], ["8", "B"]],
    ],
)
def test_what_may_be_data_is_not_taken_for_the_header(rows: list[list[str]]) -> None:
    assert find_header(rows) == 0
