"""One form for what files write in several; what is not of the kind stays."""

from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.layouts.cells import forms

Form = Callable[[pl.Expr], pl.Expr]


def written(form: Form, text: str | None) -> str | None:
    """Give what a text becomes."""
    column = pl.DataFrame({"cell": [text]}, schema={"cell": pl.String})
    [value] = column.select(form(pl.col("cell"))).to_series()
    return value


@pytest.mark.parametrize("text", ["+1:09.907", "+69.907", "+1:9.907", "+1:09.9070"])
def test_gaps_that_are_one_time_are_one_text(text: str) -> None:
    assert written(forms.gap, text) == "+1:09.907"


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("+5.598", "+5.598"),
        ("+05.5980", "+5.598"),
        ("+17.9", "+17.900"),
        ("1:09.907", "+1:09.907"),
        ("+75:12.000", "+1:15:12.000"),
        ("+1:15:12", "+1:15:12.000"),
        ("+0:00.000", "+0.000"),
    ],
)
def test_gap_that_is_a_time_is_written_in_minutes(text: str, gap: str) -> None:
    assert written(forms.gap, text) == gap


@pytest.mark.parametrize(
    "text",
    [
        *("+1 Lap", "3 Laps", "1 Lap", "Lapped", "LG NK", "1-3/4L", "NSE", "DH"),
        *("12.052", "0.000", "+1", "1", "+1:75.000", "+1.2345", "+", "+1:09,907", ""),
    ],
)
def test_gap_that_may_be_laps_or_lengths_stays(text: str) -> None:
    assert written(forms.gap, text) == text


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1:27:57.940", "1:27:57.940"),
        ("01:27:57.94", "1:27:57.940"),
        ("87:57.940", "1:27:57.940"),
        ("+69.907", "+1:09.907"),
        ("12.052", "12.052"),
    ],
)
def test_time_without_a_plus_gets_none(text: str, time: str) -> None:
    assert written(forms.clock_time, text) == time


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("238.430", "238.43"),
        ("238.43", "238.43"),
        ("7.0", "7"),
        ("7.", "7"),
        ("-37.84970", "-37.8497"),
        ("0.50", "0.5"),
        ("00.5", "0.5"),
        ("-0.0", "0"),
        ("100", "100"),
        ("0", "0"),
        ("", ""),
        (".5", ".5"),
        ("1e5", "1e5"),
        ("1,5", "1,5"),
        ("+238.430", "+238.430"),
        ("fast", "fast"),
    ],
)
def test_decimals_that_are_one_number_are_one_text(text: str, number: str) -> None:
    assert written(forms.decimal, text) == number


@pytest.mark.parametrize("form", [forms.gap, forms.clock_time, forms.decimal])
def test_what_is_not_there_stays_away(form: Form) -> None:
    assert written(form, None) is None


@given(text=st.from_regex(r"\A\+?([0-9]{1,2}:)?[0-9]{1,3}(\.[0-9]{1,4})?\Z"))
def test_one_form_is_kept_by_a_second_reading(text: str) -> None:
    for form in (forms.gap, forms.clock_time, forms.decimal):
        once = written(form, text)
        assert written(form, once) == once


@given(
    number=st.decimals(-10_000, 10_000, places=4),
    zeros=st.integers(0, 3),
)
def test_decimal_is_the_number_that_it_was(number: Decimal, zeros: int) -> None:
    text = written(forms.decimal, f"{number}{'0' * zeros}")

    assert Decimal(text or "") == number
    assert text == written(forms.decimal, str(number))


@given(total=st.integers(0, 10 * 3_600_000))
def test_gap_keeps_its_milliseconds(total: int) -> None:
    text = written(forms.gap, f"+{total // 1000}.{total % 1000:03}")
    column = pl.DataFrame({"cell": [str(text).removeprefix("+")]})

    [read] = column.select(forms.milliseconds(pl.col("cell"))).to_series()
    assert read == total
