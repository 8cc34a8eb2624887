"""A download of rejected rows that comes back corrected -> rows of the first file.

One download has the rows of all tables of the first file, and the columns of all. Goes
out: each of these tables again, with its own rows and columns. A row that was refused in
none of them stays in the first, where it is `not_a_reject`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from imports.errors import CorrectsNothing, MalformedFile, NotACorrection
from imports.layouts.cells import Cell, clean
from imports.readers.formula_guard import ESCAPED, unescape
from imports.readers.reject_columns import COLUMNS, ROW_NUMBER, is_download
from imports.readers.table import BadLines, Part, Table


@dataclass(frozen=True)
class Correction:
    """A table of corrected rows, as the corrected file would have it."""

    part: Part
    refused_rows: Collection[int]
    #: Its columns in the file that is corrected, by what they are called here.
    names: dict[str, str]
    #: What the table is called in the file that is corrected.
    name: str = ""
    #: Rows of the download that are another table's.
    others: Collection[int] = field(default_factory=frozenset)
    #: Whether it is the table of the lines that are no rows.
    is_first: bool = True

    @property
    def array(self) -> str:
        """Nothing: a download is flat."""
        return self.part.array

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the corrected file has itself."""
        return tuple(self.names.values())

    def read(self, *, required: frozenset[str]) -> Table:
        """Read the rows, each with its row in the corrected file."""
        called = {own: name for name, own in self.names.items()}
        needed = {called[own] for own in required} | {ROW_NUMBER}
        table = self.part.read(required=frozenset(needed))
        cells = [
            pl.col(name).str.replace(ESCAPED, "${1}").alias(own)
            for name, own in self.names.items()
        ]
        number = pl.col(ROW_NUMBER).str.strip_chars()
        blank_as_null = pl.when(number != "").then(number).alias(clean(ROW_NUMBER))
        table = self._own(table)
        return replace(
            table,
            rows=table.rows.with_columns(*cells, blank_as_null),
            columns=self.columns,
            first_row=_first_row(self.refused_rows),
        )

    def _own(self, table: Table) -> Table:
        """Leave the rows of other tables to them."""
        if not self.others:
            return table
        number = pl.col(ROW_NUMBER).str.strip_chars().cast(pl.Int64, strict=False)
        is_own = ~_is_in(number, self.others)
        if not self.is_first:
            is_own = _is_in(number, self.refused_rows)
        rows = table.rows.filter(is_own)
        count = int(rows.select(pl.len()).collect().item())
        if not self.is_first:
            return replace(table, rows=rows, rows_read=count, bad_lines=BadLines())
        return replace(table, rows=rows, rows_read=count + len(table.bad_lines))


def check(
    part: Part,
    *,
    refused_rows: Collection[int] | None,
    tables: Sequence[Mapping[str, Any]] = (),
) -> list[Part]:
    """Give the table, or those that it corrects: `tables` of name, columns and rows.

    Refuse a download that corrects nothing, and one that is none.
    """
    if refused_rows is None:
        if is_download(part.columns):
            raise CorrectsNothing(
                "The file has the columns of a download of rejected rows, and it is not "
                "said which file it corrects. Bring it on the page of that file, or "
                "with --corrects; or rename its columns that begin with reject_."
            )
        return [part]
    if ROW_NUMBER not in part.columns:
        raise NotACorrection(
            f"The file is not a download of rejected rows: it has no column "
            f"{ROW_NUMBER!r}. Download the rejected rows, correct them in that file "
            "and bring it again."
        )
    names = {name: unescape(name) for name in part.columns if name not in COLUMNS}
    if len(set(names.values())) < len(names):
        raise MalformedFile(
            "Two columns of the header have one name but for an apostrophe. "
            "Take the header of the download as it is."
        )
    return list(_tables(part, names=names, refused_rows=refused_rows, tables=tables))


def _tables(
    part: Part,
    *,
    names: dict[str, str],
    refused_rows: Collection[int],
    tables: Sequence[Mapping[str, Any]],
) -> Iterator[Correction]:
    """Give the tables of the first file, those of no refused row left out."""
    if not tables:
        yield Correction(part=part, refused_rows=refused_rows, names=names)
    for at, table in enumerate(tables):
        rows = frozenset(table["rows"])
        is_one = len(tables) == 1 or not table["columns"]
        own = frozenset(names.values() if is_one else table["columns"])
        yield Correction(
            part=part,
            refused_rows=rows,
            names={here: there for here, there in names.items() if there in own},
            name=table["name"],
            others=frozenset(refused_rows) - rows,
            is_first=at == 0,
        )


def _is_in(number: pl.Expr, rows: Collection[int]) -> pl.Expr:
    """Say whether it is one of these; a number that is none is not."""
    series = pl.Series(sorted(rows), dtype=pl.Int64).implode()
    return number.is_in(pl.lit(series)).fill_null(value=False)


def name_here(part: Part) -> str:
    """Give what a table is called in the file that is read: not in one it corrects."""
    return part.part.name if isinstance(part, Correction) else part.name


def _first_row(refused_rows: Collection[int]) -> Cell:
    number = pl.col(clean(ROW_NUMBER)).cast(pl.Int64, strict=False)
    refused = pl.Series(sorted(refused_rows), dtype=pl.Int64).implode()
    return Cell(
        name=ROW_NUMBER,
        source=ROW_NUMBER,
        value=pl.when(number.is_in(pl.lit(refused))).then(number),
        code="not_a_reject",
        expected="the number of a row that was refused and waits for its correction",
        is_required=True,
    )
