"""What a cell is: a canonical column, the file's column it reads, and what is wrong.

A cell whose text is there and whose value is not is a mistake in the row: the row is
rejected with the cell's column, code and what was expected. Nothing is guessed.
"""

from dataclasses import dataclass, replace

import polars as pl

#: Starts the names of the columns that we add; readers refuse it in a file's own.
OURS = "\x1f"


def clean(column: str) -> str:
    """Name the cleaned twin of a file's column: trimmed, null markers as null."""
    return f"{OURS}clean {column}"


def said_column(what: str) -> str:
    """Name the column that holds what the uploader says of the whole file."""
    return f"{OURS}said {what}"


@dataclass(frozen=True)
class Slip:
    """A mistake that is known by its looks, and has a better message for it."""

    when: pl.Expr
    code: str
    expected: str


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
    #: Text that says that there is no value, such as `DNF` for a position.
    no_value: pl.Expr | None = None
    #: Whether it is the text of a JSON object whose members are the values, each under
    #: its own name.
    is_object: bool = False
    #: The first that fits a wrong cell names it; asked of wrong rows alone.
    slips: tuple[Slip, ...] = ()

    @property
    def is_wrong(self) -> pl.Expr:
        """Whether the row must be rejected for this cell."""
        if not self.source:
            return pl.lit(value=False)
        if self.is_required:
            return self.value.is_null()
        if not self.code:
            return pl.lit(value=False)
        wrong = self.value.is_null() & pl.col(clean(self.source)).is_not_null()
        return wrong if self.no_value is None else wrong & ~self.no_value

    def required(self) -> "Cell":
        """Give the same cell, refused when it is empty."""
        return replace(self, is_required=True)

    def with_value(self, value: pl.Expr) -> "Cell":
        """Give the same cell with a value worked out another way."""
        return replace(self, value=value)

    def with_slips(self, *slips: Slip) -> "Cell":
        """Give the same cell with mistakes that it knows before those it knew."""
        return replace(self, slips=slips + self.slips)

    def named_by(self, slip: int | None) -> "Cell":
        """Give the cell with the code and message of one of its slips."""
        if slip is None:
            return self
        known = self.slips[slip]
        return replace(self, code=known.code, expected=known.expected)


def constant(name: str, value: str | int | None) -> Cell:
    """Give a value that the layout states, not the file."""
    return Cell(name=name, source="", value=pl.lit(value))


def said(name: str, what: str) -> Cell:
    """Give a key that the uploader says of the whole file, in Unicode NFC.

    It stands in the column `said_column(what)`. Whoever puts it there sees to it that
    it is one: no line of the file is to blame for it, so no row is rejected.
    """
    value = pl.col(said_column(what)).str.strip_chars()
    return Cell(name=name, source="", value=storable(value, max_chars=200))


def text(name: str, source: str, *, max_chars: int = 300) -> Cell:
    """Give text in Unicode NFC; text with NUL or of more than max_chars is wrong."""
    return Cell(
        name=name,
        source=source,
        value=storable(pl.col(clean(source)), max_chars=max_chars),
        code="not_text",
        expected=f"at most {max_chars} characters of text",
    )


def raw(name: str, source: str) -> Cell:
    """Give what the source wrote, for attributes that keep it beside its meaning."""
    return text(name, source)


def key(name: str, source: str) -> Cell:
    """Give the text of a natural key; it must be there."""
    cell = text(name, source, max_chars=200).required()
    return replace(cell, expected="a key of at most 200 characters")


def storable(value: pl.Expr, *, max_chars: int) -> pl.Expr:
    """Give text in Unicode NFC; null where PostgreSQL could not hold it."""
    value = value.str.normalize("NFC")
    has_nul = value.str.contains("\x00", literal=True)
    return pl.when((value.str.len_chars() <= max_chars) & ~has_nul).then(value)
