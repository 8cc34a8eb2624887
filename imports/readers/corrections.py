"""A download of rejected rows that comes back corrected -> rows of the first file."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from imports.errors import CorrectsNothing, MalformedFile, NotACorrection
from imports.layouts.cells import Cell, clean
from imports.readers.reject_columns import (
    COLUMNS,
    ESCAPED,
    ROW_NUMBER,
    is_download,
    unescape,
)
from imports.readers.table import Part, Table


@dataclass(frozen=True)
class Correction:
    """A table of corrected rows, as the corrected file would have it."""

    part: Part
    refused_rows: Collection[int]
    #: Its columns in the file that is corrected, by what they are called here.
    names: dict[str, str]

    @property
    def name(self) -> str:
        """What the table is called."""
        return self.part.name

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
        return replace(
            table,
            rows=table.rows.with_columns(*cells, blank_as_null),
            columns=self.columns,
            first_row=_first_row(self.refused_rows),
        )


def check(part: Part, *, refused_rows: Collection[int] | None) -> Part:
    """Give the table, or the rows that it corrects.

    Refuse a download that corrects nothing, and one that is none.
    """
    if refused_rows is None:
        if is_download(part.columns):
            raise CorrectsNothing(
                "The file has the columns of a download of rejected rows, and it is not "
                "said which file it corrects. Bring it on the page of that file, or "
                "with --corrects; or rename its columns that begin with reject_."
            )
        return part
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
    return Correction(part=part, refused_rows=refused_rows, names=names)


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
