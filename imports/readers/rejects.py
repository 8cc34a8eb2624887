"""What was refused in one file: exact counts by code, a bounded number in full."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

#: A cell of an original row is kept up to here.
MAX_KEPT_CHARS = 2_000
#: The name of a table is shown up to here.
MAX_PART_CHARS = 300


class _BadLine(Protocol):
    @property
    def row_number(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def text(self) -> str: ...


class _BadLines(Protocol):
    @property
    def kept(self) -> Sequence[_BadLine]: ...
    @property
    def counts(self) -> Counter[str]: ...
    @property
    def last_row(self) -> int: ...


class RejectionLog:
    """Counts every refusal, keeps `per_code` of each code."""

    def __init__(self, *, per_code: int) -> None:
        self._per_code = per_code
        self._counts: Counter[str] = Counter()
        self.kept: list[dict[str, Any]] = []
        self._part, self._rows_before = "", 0
        #: The highest number of a refused row.
        self.last_row = 0

    def begin(self, part: str, *, rows_before: int) -> None:
        """Say which table of the file comes, and how many rows stand before it."""
        self._part, self._rows_before = storable(part)[:MAX_PART_CHARS], rows_before

    @property
    def total(self) -> int:
        """Rows refused, kept in full or not."""
        return self._counts.total()

    def add(
        self,
        *,
        row_number: int,
        column: str,
        code: str,
        message: str,
        original: Mapping[str, str | None],
        first_row: int | None = None,
    ) -> None:
        """Count a refused row and keep it while there is room."""
        self._counts[code] += 1
        self.last_row = max(self.last_row, self._rows_before + row_number)
        if self._counts[code] > self._per_code:
            return
        self.kept.append(
            {
                "row_number": self._rows_before + row_number,
                "first_row": first_row,
                "part": self._part,
                "column": column,
                "code": code,
                "message": storable(message + self._whereabouts(row_number)),
                "original": {
                    storable(name): storable(cell) if cell is not None else None
                    for name, cell in original.items()
                },
            }
        )

    def _whereabouts(self, row_number: int) -> str:
        """Say which row of which table it is, where the file has several."""
        return f" It is row {row_number} of {self._part}." if self._part else ""

    def add_bad_lines(self, lines: _BadLines) -> None:
        """Count lines that are no rows; the text of those that are kept is `line`."""
        for line in lines.kept:
            self.add(
                row_number=line.row_number,
                column="",
                code=line.code,
                message=line.message,
                original={"line": line.text},
            )
        self._counts += lines.counts - Counter(line.code for line in lines.kept)
        if lines.last_row:
            self.last_row = max(self.last_row, self._rows_before + lines.last_row)


def storable(text: str) -> str:
    """Give a text as the database can hold it, and not too long.

    A NUL becomes its picture, half of a character its escape.
    """
    kept = text[:MAX_KEPT_CHARS].replace("\x00", "\u2400")
    return kept.encode(errors="backslashreplace").decode()
