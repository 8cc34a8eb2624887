"""A workbook -> one part for each sheet that has rows, named as the sheet is.

The header is where it is (see `header_row`); what stands above it is a title. Row
numbers are the sheet's own. Nothing is computed, no macro is looked at.
"""

import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from imports.errors import EmptyFile
from imports.readers.column_names import BLANKS
from imports.readers.header_row import ROWS_LOOKED_AT, find_header
from imports.readers.row_copy import (
    Copied,
    RowCopy,
    Wrong,
    chars_allowed,
    unstorable,
)
from imports.readers.workbooks.xlsx_cells import text_of
from imports.readers.workbooks.xlsx_workbook import Sheet, Workbook, read_workbook
from imports.readers.workbooks.xlsx_xml import Row, read_rows, read_texts
from imports.readers.workbooks.xlsx_zip import open_zip


def open_parts(path: Path, *, scratch: Path) -> list[Copied]:
    """Give the sheets of a workbook; their rows are in scratch by then."""
    with open_zip(path) as archive:
        workbook = read_workbook(archive)
        texts = read_texts(archive, workbook.strings) if workbook.strings else []
        parts, bound = [], chars_allowed(path)
        for number, sheet in enumerate(workbook.sheets):
            reader = _SheetReader(archive, sheet, workbook=workbook, texts=texts)
            target = scratch / f"sheet_{number}.csv"
            with closing(RowCopy(target, name=sheet.name, max_chars=bound)) as copy:
                parts.append(reader.write(copy))
    parts = [part for part in parts if part.columns]
    if not parts:
        raise EmptyFile("No sheet of the workbook has any cells. Export it again.")
    return parts


class _SheetReader:
    """Reads one sheet once, from its first row to its last."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        sheet: Sheet,
        *,
        workbook: Workbook,
        texts: list[str],
    ) -> None:
        self._archive = archive
        self._sheet = sheet
        self._workbook = workbook
        self._texts = texts
        self._formulas_without_value = 0
        self._names: dict[int, str] = {}

    def write(self, copy: RowCopy) -> Copied:
        """Write the rows below the header to the copy, and give it as a part."""
        rows = self._rows()
        first = deque(islice(rows, ROWS_LOOKED_AT))
        header = find_header([_dense(cells) for _, cells, _ in first])
        for _ in range(min(header, len(first))):
            first.popleft()
        header_row = 0
        if first:
            header_row, named, _ = first.popleft()
            self._name_columns(named, copy)
        for source in (first, rows):
            for number, cells, problem in source:
                self._add(copy, number, cells, problem)
        return copy.part(
            header_row=header_row,
            formulas_without_value=self._formulas_without_value,
        )

    def _rows(self) -> Iterator[tuple[int, dict[int, str], Wrong | None]]:
        """Give the number, the cells and the problem of every row that is not blank."""
        for row in read_rows(self._archive, self._sheet.part):
            cells, problem = self._cells(row)
            if problem or any(text.strip(BLANKS) for text in cells.values()):
                yield row.number, cells, problem

    def _cells(self, row: Row) -> tuple[dict[int, str], Wrong | None]:
        cells: dict[int, str] = {}
        problem = row.problem
        for cell in row.cells:
            if not cell.text:
                # A text that was computed may be empty; no other value is.
                self._formulas_without_value += cell.kind != "str"
                continue
            text = text_of(cell, workbook=self._workbook, texts=self._texts)
            if isinstance(text, Wrong):
                problem = problem or text
                text = cell.text
            problem = problem or unstorable(text, place=f"Column {cell.column}")
            cells[cell.column] = text
        return cells, problem

    def _name_columns(self, header: dict[int, str], copy: RowCopy) -> None:
        for column, name in header.items():
            words = " ".join(name.replace("\t", " ").split("\n")).strip(BLANKS)
            if words:
                self._name(column, words.replace("\r", ""), copy)

    def _name(self, column: int, name: str, copy: RowCopy) -> str:
        """Give the column a name of its own."""
        unique, count = name, 1
        while unique in copy.known:
            count += 1
            unique = f"{name} ({count})"
        copy.add_column(unique)
        self._names[column] = unique
        return unique

    def _add(
        self, copy: RowCopy, number: int, cells: dict[int, str], problem: Wrong | None
    ) -> None:
        if problem:
            copy.add_bad(number, problem, text="\t".join(cells.values()))
            return
        named = {}
        for column, text in cells.items():
            name = self._names.get(column)
            # A column without a name is one if it holds something.
            if name is None and text.strip(BLANKS):
                name = self._name(column, f"column {column}", copy)
            if name is not None:
                named[name] = text
        copy.add_row(number, named)


def _dense(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]
