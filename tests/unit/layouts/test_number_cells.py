"""Numbers of sources become numbers or mistakes; units are said, not guessed."""

from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.layouts import cells
from tests.unit.layouts.read_cells import WRONG, Maker, mistake, read

DOLLARS = partial(cells.money, unit="dollars")
CENTS = partial(cells.money, unit="cents")


@pytest.mark.parametrize(
    ("text", "number"),
    [("57.0", 57), ("57.5", WRONG), ("1e0", WRONG), ("57.", WRONG), (".0", WRONG)],
)
def test_whole_float_is_a_whole_number(text: str, number: object) -> None:
    assert read(cells.whole, text) == [number]


@pytest.mark.parametrize("make", [cells.whole, cells.decimal, cells.count])
@pytest.mark.parametrize("text", ["１２", "٣"])  # noqa: RUF001
def test_digits_of_other_scripts_are_named(make: Maker, text: str) -> None:
    _, expected = mistake(make, text)

    assert "digits 0 to 9" in expected


def test_other_slips_of_a_number_are_not_called_foreign_digits() -> None:
    code, expected = mistake(cells.whole, "1,000")

    assert code == "not_a_whole_number"
    assert "digits" not in expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("8", 8), ("0", 0), ("-1", None), ("-1.0", None), ("-2", WRONG), (None, None)],
)
def test_count_of_minus_one_is_none(text: str | None, number: object) -> None:
    assert read(cells.count, text) == [number]


def test_whole_number_of_minus_one_is_wrong() -> None:
    assert read(cells.whole, "-1") == [WRONG]


def test_timedelta_may_be_longer_than_a_day() -> None:
    texts = ["193847", "90000000", "2147483648", "1.5", "1:34.570"]

    assert read(cells.timedelta_ms, *texts) == [193_847, 90_000_000, *[WRONG] * 3]


@pytest.mark.parametrize("make", [cells.milliseconds, cells.timedelta_ms])
def test_negative_milliseconds_have_a_code_of_their_own(make: Maker) -> None:
    assert mistake(make, "-5")[0] == "negative_time"
    assert mistake(make, "-x")[0] == "not_a_whole_number"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("92.82%", "92.82"),
        ("92.80 %", "92.8"),
        ("0%", "0"),
        ("0.45", "0.45"),
        ("7", "7"),
        ("113.2%", "113.2"),
        ("-4.5%", "-4.5"),
        ("92,82%", WRONG),
        ("%", WRONG),
        ("7%%", WRONG),
        ("7‰", WRONG),
        ("1e2", WRONG),
        ("NaN", WRONG),
        ("７%", WRONG),  # noqa: RUF001
        (None, None),
    ],
)
def test_percentage_is_the_number_as_written(
    text: str | None, number: str | None
) -> None:
    assert read(cells.percent, text) == [number]


@pytest.mark.parametrize(
    ("make", "text", "amount"),
    [
        (DOLLARS, "19790", "19790"),
        (DOLLARS, "19790.50", "19790.5"),
        (DOLLARS, "19790.5", "19790.5"),
        (DOLLARS, "$19790", WRONG),
        (DOLLARS, "19,790", WRONG),
        (DOLLARS, "inf", WRONG),
        (CENTS, "1979050", "19790.5"),
        (CENTS, "1979000.0", "19790"),
        (CENTS, "5", "0.05"),
        (CENTS, "-5", "-0.05"),
        (CENTS, "-150", "-1.5"),
        (CENTS, "0", "0"),
        (CENTS, "19790.50", WRONG),
        (CENTS, None, None),
    ],
)
def test_money_is_in_the_main_unit(
    make: Maker, text: str | None, amount: str | None
) -> None:
    assert read(make, text) == [amount]


@given(cents=st.integers(-(10**15), 10**15))
def test_cents_and_dollars_of_one_amount_are_one_text(cents: int) -> None:
    dollars = Decimal(cents).scaleb(-2)

    [amount] = read(CENTS, str(cents))

    assert Decimal(amount) == dollars
    if abs(cents) < 10**15:
        assert read(DOLLARS, f"{dollars:f}") == [amount]
