"""Cells that hold numbers: counts, points, milliseconds, percentages, money.

What is not plainly the number is wrong: `1,000`, `1e3` and the digits of other
scripts are not read.
"""

from dataclasses import replace
from typing import Literal

import polars as pl

from imports.layouts.cells import forms
from imports.layouts.cells.cell import Cell, Slip, clean

INT32_MAX = 2_147_483_647
INT16_MAX = 32_767
#: Longer laps are not laps; 24 hours in ms.
DAY_MS = 24 * 60 * 60 * 1000

DECIMAL = r"^-?[0-9]{1,6}(\.[0-9]{1,3})?$"
PERCENT = r"^(-?[0-9]{1,9}(?:\.[0-9]{1,18})?) ?%?$"
DOLLARS = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
CENTS = r"^(-?[0-9]{1,17})(?:\.0+)?$"
OTHER_DIGITS = r"[\p{Nd}&&[^0-9]]"


def in_other_digits(cell: Cell) -> Cell:
    """Give a cell of numbers that says it where digits are not 0 to 9."""
    return cell.with_slips(
        Slip(
            when=pl.col(clean(cell.source)).str.contains(OTHER_DIGITS),
            code=cell.code,
            expected=f"{cell.expected}, written in the digits 0 to 9 (some of these "
            "only look like them or are of another script)",
        )
    )


def whole_number(text: pl.Expr) -> pl.Expr:
    """Give the whole number that a text is, also as a float (`57.0`); else null."""
    return text.str.strip_suffix(".0").cast(pl.Int64, strict=False)


def whole(name: str, source: str, *, lowest: int = 0, highest: int = INT32_MAX) -> Cell:
    """Give a whole number from lowest to highest; `57.0` is 57."""
    number = whole_number(pl.col(clean(source)))
    return in_other_digits(
        Cell(
            name=name,
            source=source,
            value=pl.when(number.is_between(lowest, highest)).then(number),
            code="not_a_whole_number",
            expected=f"a whole number from {lowest:,} to {highest:,}",
        )
    )


def small(name: str, source: str, *, lowest: int = 0) -> Cell:
    """Give a whole number that fits a smallint: positions, grids, rounds."""
    return whole(name, source, lowest=lowest, highest=INT16_MAX)


def count(name: str, source: str) -> Cell:
    """Give a whole number of a source that writes -1 for one that did not start."""
    number = whole_number(pl.col(clean(source)))
    cell = replace(whole(name, source), no_value=number.eq_missing(-1))
    return replace(cell, expected=f"{cell.expected}, or -1 for none")


def decimal(name: str, source: str) -> Cell:
    """Give a decimal number of at most six digits before and three after the point."""
    raw = pl.col(clean(source))
    return in_other_digits(
        Cell(
            name=name,
            source=source,
            value=pl.when(raw.str.contains(DECIMAL)).then(raw),
            code="not_a_number",
            expected="a number such as 25 or 12.5",
        )
    )


def number_text(cell: Cell) -> Cell:
    """Give the same text, a decimal number in its one form."""
    return cell.with_value(forms.decimal(cell.value))


def milliseconds(name: str, source: str, *, highest: int = DAY_MS) -> Cell:
    """Give whole milliseconds of at most a day."""
    return whole(name, source, highest=highest).with_slips(
        Slip(
            when=pl.col(clean(source)).str.contains(r"^-[0-9]+(?:\.0)?$"),
            code="negative_time",
            expected="a time of zero or more milliseconds",
        )
    )


def timedelta_ms(name: str, source: str) -> Cell:
    """Give whole milliseconds of a time that may be longer than a day."""
    return milliseconds(name, source, highest=INT32_MAX)


def percent(name: str, source: str) -> Cell:
    """Give the number of `92.82%` or `7` as decimal text, which may exceed 0 to 100.

    The unit is the source's: `0.45` stays 0.45, whether it means 45 % or less than
    one; only the layout of that source can know.
    """
    number = pl.col(clean(source)).str.extract(PERCENT, 1)
    return Cell(
        name=name,
        source=source,
        value=forms.decimal(number),
        code="not_a_percentage",
        expected="a percentage such as 92.82%",
    )


def money(name: str, source: str, *, unit: Literal["dollars", "cents"]) -> Cell:
    """Give an amount as decimal text in the main unit: 1979050 cents are `19790.5`."""
    raw = pl.col(clean(source))
    if unit == "cents":
        digits = raw.str.extract(CENTS, 1).str.zfill(4)
        amount = digits.str.replace(r"([0-9]{2})$", ".${1}")
        expected = "a whole number of cents such as 1979050"
    else:
        amount = pl.when(raw.str.contains(DOLLARS)).then(raw)
        expected = "an amount such as 19790 or 19790.50"
    return Cell(
        name=name,
        source=source,
        value=forms.decimal(amount),
        code="not_an_amount",
        expected=expected,
    )
