"""Codes become words that sources share; places stay numbers."""

from functools import partial

import pytest

from imports.layouts import cells
from imports.layouts.ergast import tables as ergast
from tests.unit.layouts.read_cells import WRONG, Maker, mistake, read

IN_PIT = partial(cells.mark, mark="B")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *(("1", 1), ("1.0", 1), ("007", 7), ("1 DH", 1), ("1DH", 1), ("2 平頭", 2)),
        *(("3 平頭馬", 3), ("3平头马", 3)),
        *((code, None) for code in ["R", "DNF", "DNPQ", "SCR", "-1", "WV-A", "平頭"]),
        *((text, WRONG) for text in ["0", "-2", "1.5", "1st", "T1", "=1", "1/2"]),
        *((text, WRONG) for text in ["32768", "１", "9" * 30, "-"]),  # noqa: RUF001
        (None, None),
    ],
)
def test_place_is_a_number_or_a_code_that_has_none(
    text: str | None, place: object
) -> None:
    assert read(cells.place, text) == [place]


def test_place_of_zero_is_read_where_the_layout_allows_it() -> None:
    assert read(partial(cells.place, lowest=0), "0") == [0]


def test_place_in_other_digits_says_so() -> None:
    assert "digits 0 to 9" in mistake(cells.place, "１")[1]  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "status"),
    [
        *((text, "classified") for text in ["1", "14", "1.0", "1 DH", "3 平頭"]),
        *(("R", "retired"), ("DNF", "did not finish"), ("dnf", "did not finish")),
        *(("DNS", "did not start"), ("-1", "did not start"), ("SCR", "scratched")),
        *((code, "disqualified") for code in ["D", "DQ", "DSQ"]),
        *((code, "excluded") for code in ["E", "EX"]),
        *((code, "withdrawn") for code in ["W", "WD"]),
        *((code, "did not qualify") for code in ["F", "DNQ", "DNPQ"]),
        *((code, "not classified") for code in ["N", "NC"]),
        *((code, code) for code in ["PU", "WV-A", "Fell", "平頭", "T1"]),
        ("x" * 51, WRONG),
        ("P\x00", WRONG),
        (None, None),
    ],
)
def test_outcome_is_the_word_for_the_code(text: str | None, status: str | None) -> None:
    assert read(cells.outcome, text) == [status]


def test_outcome_is_read_by_the_words_of_the_source() -> None:
    make = partial(cells.outcome, words={"f": "fell", "0": "unplaced"})

    assert read(make, "F", "0", "1", "R") == ["fell", "unplaced", "classified", "R"]


def test_words_of_ergast_are_the_words_of_all() -> None:
    assert ergast.STATUS_BY_LETTER.items() <= cells.STATUS_BY_CODE.items()


def test_raw_text_is_kept_beside_the_word() -> None:
    assert read(cells.raw, "1 DH", "dnf", "-1") == ["1 DH", "dnf", "-1"]


@pytest.mark.parametrize(
    ("text", "value"), [("B", True), (None, False), ("b", WRONG), ("true", WRONG)]
)
def test_mark_is_there_or_not(text: str | None, value: object) -> None:
    assert read(IN_PIT, text) == [value]


def test_mark_is_no_word_of_a_switch() -> None:
    assert read(cells.switch, "B") == [WRONG]


@pytest.mark.parametrize("text", ["5", "Fr1", "Sr2"])
def test_barrier_is_text(text: str) -> None:
    assert read(cells.text, text) == [text]


@pytest.mark.parametrize("make", [cells.place, cells.outcome, IN_PIT])
def test_row_of_another_line_does_not_change_a_cell(make: Maker) -> None:
    together = read(make, "1", "B", "R", None)

    assert together == [
        value for text in ("1", "B", "R", None) for value in read(make, text)
    ]
