"""Cells that say how it went: places, outcome codes, switches, marks.

A code of the source becomes a word that all sources share; one that is not known
stays as the source writes it. Reads no numbers but places.
"""

from collections.abc import Mapping

import polars as pl

from imports.layouts.cells.cell import Cell, clean, storable, text
from imports.layouts.cells.number_cells import INT16_MAX, in_other_digits

#: Outcome codes in capitals -> the word for them. A source that means other things by
#: its letters (F is a fall in a race over jumps) brings a table of its own.
STATUS_BY_CODE: dict[str, str] = {
    **dict.fromkeys(("R", "RET"), "retired"),
    "DNF": "did not finish",
    **dict.fromkeys(("DNS", "-1"), "did not start"),
    **dict.fromkeys(("D", "DQ", "DSQ"), "disqualified"),
    **dict.fromkeys(("E", "EX"), "excluded"),
    **dict.fromkeys(("W", "WD"), "withdrawn"),
    "SCR": "scratched",
    **dict.fromkeys(("F", "DNQ", "DNPQ"), "did not qualify"),
    **dict.fromkeys(("N", "NC"), "not classified"),
}

#: A place; a dead heat stands behind the number, and both who share it have it.
PLACE = r"^([0-9]{1,9})(?:\.0+)?(?: ?(?:DH|平頭馬?|平头马?))?$"
#: Words and letters, without a digit in them: `T1` may be a place.
CODE = r"^(?:-1|\p{L}[\p{L}\p{M} .()/-]*)$"


def place(name: str, source: str, *, lowest: int = 1) -> Cell:
    """Give a finishing position: `1`, `1 DH`; an outcome code such as `DNF` has none.

    What the code says is for `outcome`, read from the same column.
    """
    raw = pl.col(clean(source))
    number = raw.str.extract(PLACE, 1).cast(pl.Int64)
    return in_other_digits(
        Cell(
            name=name,
            source=source,
            value=pl.when(number.is_between(lowest, INT16_MAX)).then(number),
            code="not_a_place",
            expected=f"a place from {lowest} to {INT16_MAX:,}, or a code such as DNF",
            no_value=raw.str.contains(CODE),
        )
    )


def outcome(
    name: str, source: str, *, words: Mapping[str, str] = STATUS_BY_CODE
) -> Cell:
    """Give the word for an outcome code; a place is `classified`.

    A code that `words` does not know is kept as the source writes it.
    """
    raw = pl.col(clean(source))
    known = raw.str.to_uppercase().replace_strict(
        {code.upper(): word for code, word in words.items()},
        default=None,
        return_dtype=pl.String,
    )
    classified = pl.when(raw.str.contains(PLACE)).then(pl.lit("classified"))
    status = pl.coalesce(known, classified, raw)
    cell = text(name, source, max_chars=50)
    return cell.with_value(storable(status, max_chars=50))


def switch(name: str, source: str) -> Cell:
    """Give true or false of the words and digits that say so."""
    raw = pl.col(clean(source)).str.to_lowercase()
    return Cell(
        name=name,
        source=source,
        value=pl.when(raw.is_in(["true", "t", "yes", "y", "1"]))
        .then(pl.lit(value=True))
        .when(raw.is_in(["false", "f", "no", "n", "0"]))
        .then(pl.lit(value=False)),
        code="not_a_switch",
        expected="true or false",
    )


def mark(name: str, source: str, *, mark: str) -> Cell:
    """Give true where the mark stands, false where the cell is empty."""
    raw = pl.col(clean(source))
    return Cell(
        name=name,
        source=source,
        value=pl.when(raw.is_null())
        .then(pl.lit(value=False))
        .when(raw == mark)
        .then(pl.lit(value=True)),
        code="not_the_mark",
        expected=f"{mark!r} or nothing",
    )
