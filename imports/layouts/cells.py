"""Text cells -> typed values, as polars expressions that also say what is wrong.

A cell whose text is there and whose value is not is a mistake in the row: the row is
rejected with the cell's column, code and what was expected. Nothing is guessed.
"""

from dataclasses import dataclass, replace

import polars as pl

from imports.layouts import forms

INT32_MAX = 2_147_483_647
INT16_MAX = 32_767
#: Longer laps are not laps; 24 hours in ms.
DAY_MS = 24 * 60 * 60 * 1000

#: The shapes that the models' fields read too; polars alone also takes `+2022- 3-20`,
#: second 60 and a typographic minus.
DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
CLOCK = r"[0-9]{1,2}:[0-9]{1,2}:[0-5]?[0-9](?:\.[0-9]{1,9})?"
OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"


#: Starts the names of the columns that we add; readers refuse it in a file's own.
OURS = "\x1f"


def clean(column: str) -> str:
    """Name the cleaned twin of a file's column: trimmed, null markers as null."""
    return f"{OURS}clean {column}"


def said_column(what: str) -> str:
    """Name the column of what is said of the whole file: `meeting`, `race` …"""
    return f"{OURS}said {what}"


@dataclass(frozen=True)
class Cell:
    """One canonical column: which column of the file it reads, and how."""

    name: str
    #: The file's column; empty for a constant.
    source: str
    value: pl.Expr
    code: str = ""
    expected: str = ""
    is_required: bool = False

    @property
    def is_wrong(self) -> pl.Expr:
        """Whether the row must be rejected for this cell."""
        if not self.source:
            return pl.lit(value=False)
        if self.is_required:
            return self.value.is_null()
        if not self.code:
            return pl.lit(value=False)
        return self.value.is_null() & pl.col(clean(self.source)).is_not_null()

    def required(self) -> "Cell":
        """Give the same cell, refused when it is empty."""
        return replace(self, is_required=True)

    def with_value(self, value: pl.Expr) -> "Cell":
        """Give the same cell with a value worked out another way."""
        return replace(self, value=value)


def constant(name: str, value: str | int | None) -> Cell:
    """Give a value that the layout states, not the file."""
    return Cell(name=name, source="", value=pl.lit(value))


def said(name: str, what: str) -> Cell:
    """Give a key that the file does not hold and its uploader says of all of it."""
    return Cell(name=name, source="", value=pl.col(said_column(what)))


def text(name: str, source: str, *, max_chars: int = 300) -> Cell:
    """Give text in Unicode NFC; text with NUL or of more than max_chars is wrong."""
    return Cell(
        name=name,
        source=source,
        value=storable(pl.col(clean(source)), max_chars=max_chars),
        code="not_text",
        expected=f"at most {max_chars} characters of text",
    )


def storable(value: pl.Expr, *, max_chars: int) -> pl.Expr:
    """Give text in Unicode NFC; null where PostgreSQL could not hold it."""
    value = value.str.normalize("NFC")
    has_nul = value.str.contains("\x00", literal=True)
    return pl.when((value.str.len_chars() <= max_chars) & ~has_nul).then(value)


def clock_text(name: str, source: str, *, max_chars: int = 50) -> Cell:
    """Give text in which times have one form, and all else stays as written."""
    cell = text(name, source, max_chars=max_chars)
    return cell.with_value(forms.clock_time(cell.value))


def gap(name: str, source: str) -> Cell:
    """Give a gap: a time in its one form, or the words of the source."""
    cell = text(name, source, max_chars=50)
    return cell.with_value(forms.gap(cell.value))


def number_text(cell: Cell) -> Cell:
    """Give the same text, a decimal number in its one form."""
    return cell.with_value(forms.decimal(cell.value))


def key(name: str, source: str) -> Cell:
    """Give the text of a natural key; it must be there."""
    cell = text(name, source, max_chars=200).required()
    return replace(cell, expected="a key of at most 200 characters")


def whole(name: str, source: str, *, lowest: int = 0, highest: int = INT32_MAX) -> Cell:
    """Give a whole number from lowest to highest."""
    number = pl.col(clean(source)).cast(pl.Int64, strict=False)
    return Cell(
        name=name,
        source=source,
        value=pl.when(number.is_between(lowest, highest)).then(number),
        code="not_a_whole_number",
        expected=f"a whole number from {lowest:,} to {highest:,}",
    )


def small(name: str, source: str, *, lowest: int = 0) -> Cell:
    """Give a whole number that fits a smallint: positions, grids, rounds."""
    return whole(name, source, lowest=lowest, highest=INT16_MAX)


def decimal(name: str, source: str) -> Cell:
    """Give a decimal number of at most six digits before and three after the point."""
    raw = pl.col(clean(source))
    return Cell(
        name=name,
        source=source,
        value=pl.when(raw.str.contains(r"^-?[0-9]{1,6}(\.[0-9]{1,3})?$")).then(raw),
        code="not_a_number",
        expected="a number such as 25 or 12.5",
    )


def duration_ms(name: str, source: str, *, highest: int = DAY_MS) -> Cell:
    """Give milliseconds of `1:34.570`, `94.57`, `1:31:12.345` or `00:01:31.531`."""
    total = forms.milliseconds(pl.col(clean(source)))
    return Cell(
        name=name,
        source=source,
        value=pl.when(total <= highest).then(total),
        code="not_a_time",
        expected="a time such as 1:34.570",
    )


def milliseconds(name: str, source: str) -> Cell:
    """Give whole milliseconds of at most a day."""
    return whole(name, source, highest=DAY_MS)


def date(name: str, source: str) -> Cell:
    """Give an ISO date between 1850 and 2100, as text with its zeros."""
    raw = pl.col(clean(source))
    day = _shaped(raw, DATE).str.to_date("%Y-%m-%d", strict=False)
    return Cell(
        name=name,
        source=source,
        value=pl.when(day.dt.year().is_between(1850, 2099)).then(day.dt.to_string()),
        code="not_a_date",
        expected="a date such as 2022-03-20",
    )


def time_of_day(name: str, source: str) -> Cell:
    """Give a clock time, as text."""
    raw = pl.col(clean(source))
    time = _shaped(raw, CLOCK).str.to_time("%H:%M:%S%.f", strict=False)
    return Cell(
        name=name,
        source=source,
        value=pl.when(time.is_not_null()).then(raw),
        code="not_a_time_of_day",
        expected="a clock time such as 18:26:35",
    )


def moment(name: str, source: str) -> Cell:
    """Give an ISO 8601 moment with its offset from UTC (or Z), as text."""
    return Cell(
        name=name,
        source=source,
        value=sane_moment(pl.col(clean(source))),
        code="not_a_moment",
        expected="a moment with its offset, such as 2022-03-20T15:00:00Z",
    )


def sane_moment(value: pl.Expr) -> pl.Expr:
    """Give the text of a moment between 1850 and 2100 UTC, null where it is none."""
    shaped = _shaped(value, f"{DATE}[T ]{CLOCK}{OFFSET}")
    moment = shaped.str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False)
    return pl.when(moment.dt.year().is_between(1850, 2099)).then(value)


def _shaped(value: pl.Expr, shape: str) -> pl.Expr:
    return pl.when(value.str.contains(f"^{shape}$")).then(value)


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
