"""Values of JSON -> rows: one table for each array of objects, by its path.

A row is an element with the scalars of everything around it, under dotted paths from
the root. Arrays beside one another never multiply: each has a table of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imports.errors import MalformedFile
from imports.readers.column_names import is_nameless, plain
from imports.readers.json_documents.json_text import Line, Number, dump
from imports.readers.row_copy import (
    MAX_CELL_CHARS,
    ODD_NAME,
    Copied,
    RowCopy,
    Wrong,
    unstorable,
)

MAX_DEPTH = 64
#: Each has an open file, and the reader may have 128 (`limits.open_files`).
MAX_TABLES = 100
TOO_DEEP = Wrong("too_deep", f"The value is nested more than {MAX_DEPTH} levels deep.")

NOT_AN_OBJECT = Wrong(
    "not_an_object", "The value is not an object with keys; a row is one."
)

Cells = dict[str, str | None]


@dataclass(frozen=True)
class Array:
    """An array of objects, and how deep its elements lie."""

    path: str
    elements: list[Any]
    depth: int


@dataclass
class Found:
    """What one value holds: its scalars, its arrays of objects, what is wrong."""

    cells: Cells = field(default_factory=dict)
    arrays: list["Array"] = field(default_factory=list)
    has_empty_array: bool = False
    problem: Wrong | None = None

    def refuse(self, problem: Wrong) -> None:
        """Keep the first problem."""
        self.problem = self.problem or problem


def scan(value: Mapping[str, Any], *, prefix: str, depth: int) -> Found:
    """Take an object apart."""
    found = Found()
    _scan_object(value, prefix, depth, found)
    return found


def _scan_object(
    value: Mapping[str, Any], prefix: str, depth: int, found: Found
) -> None:
    if depth > MAX_DEPTH:
        found.refuse(TOO_DEEP)
        return
    cells = found.cells
    for place, (key, inside) in enumerate(value.items(), start=1):
        if inside is None and is_nameless(key):
            continue
        path = prefix + plain(key, place=place)
        kind = type(inside)
        if kind is dict:
            _scan_object(inside, f"{path}.", depth + 1, found)
        elif kind is list:
            _scan_array(inside, path, depth + 1, found)
        elif path in cells:
            found.refuse(Wrong("duplicate_key", f"Two values have the path {path!r}."))
        else:
            cells[path] = inside if kind is Number else _cell(inside, path, found)


def _scan_array(value: list[Any], path: str, depth: int, found: Found) -> None:
    if not value:
        found.has_empty_array = True
    elif any(isinstance(inside, dict) for inside in value):
        found.arrays.append(Array(path, value, depth + 1))
    else:
        problem = _problem_inside(value, depth)
        if problem:
            found.refuse(problem)
        else:
            found.cells[path] = _cell(dump(value), path, found)


def _problem_inside(value: Any, depth: int) -> Wrong | None:
    """Give what is wrong in an array that becomes one cell."""
    if isinstance(value, Wrong):
        return value
    if not isinstance(value, list | dict):
        return None
    if depth > MAX_DEPTH:
        return TOO_DEEP
    inside = value.values() if isinstance(value, dict) else value
    problems = (_problem_inside(each, depth + 1) for each in inside)
    return next((problem for problem in problems if problem), None)


def _cell(value: Any, path: str, found: Found) -> str | None:
    if isinstance(value, str):
        if problem := unstorable(value, place=path):
            found.refuse(problem)
        if len(value) > MAX_CELL_CHARS:
            found.refuse(_too_long(value, path))
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Wrong):
        found.refuse(Wrong(value.code, f"{path}: {value.message}"))
    return None


def _too_long(value: str, path: str) -> Wrong:
    message = f"{path} has {len(value):,} characters, more than {MAX_CELL_CHARS:,}."
    return Wrong("cell_too_long", message)


class Tables:
    """The tables of one file while its values are taken apart."""

    def __init__(self, *, scratch: Path, max_chars: int) -> None:
        self._scratch = scratch
        self._max_chars = max_chars
        self._copies: dict[str, RowCopy] = {}

    def table(self, name: str) -> RowCopy:
        """Give the table of an array, a new one when its first element comes."""
        if name not in self._copies:
            if len(self._copies) == MAX_TABLES:
                raise MalformedFile(
                    f"The document has arrays of objects in more than {MAX_TABLES} "
                    "places; its keys seem to be data. Send one array of them."
                )
            path = self._scratch / f"rows_{len(self._copies)}.csv"
            self._copies[name] = RowCopy(path, name=name, max_chars=self._max_chars)
        return self._copies[name]

    def parts(self) -> list[Copied]:
        """Give all tables, in the order of their first rows."""
        return [copy.part(array=copy.name) for copy in self._copies.values()]

    def close(self) -> None:
        """Close all files; also where the document is refused."""
        for copy in self._copies.values():
            copy.close()

    def add_arrays(self, around: Found) -> None:
        """Take in the elements of all arrays there, each with what is around it."""
        for array in around.arrays:
            for element in array.elements:
                self.add(element, name=array.path, around=around, depth=array.depth)

    def add(
        self,
        element: Any,
        *,
        name: str,
        around: Found,
        depth: int,
        line: Line | None = None,
    ) -> None:
        """Take in one element of the table: its row, then those of its own arrays."""
        copy = self.table(name)
        number = line.number if line else copy.rows_read + 1
        found = Found(problem=NOT_AN_OBJECT)
        if isinstance(element, dict):
            found = scan(element, prefix=f"{name}." if name else "", depth=depth)
        _put_around(found, around)
        _check_names(found, copy)
        if found.problem:
            text = line.text if line else _text_of(element)
            copy.add_bad(number, found.problem, text=text)
        else:
            copy.add_row(number, found.cells)
        self.add_arrays(found)


def _text_of(element: Any) -> str:
    try:
        return dump(element)
    except RecursionError:
        return ""


def _put_around(found: Found, around: Found) -> None:
    """Add what stands around an element: its scalars, or what is wrong with them."""
    if around.problem:
        message = f"Something around the row is wrong: {around.problem.message}"
        found.refuse(Wrong(around.problem.code, message))
    if not around.cells:
        return
    if both := around.cells.keys() & found.cells.keys():
        message = f"Two values have the path {min(both)!r}."
        found.refuse(Wrong("duplicate_key", message))
    found.cells = {**around.cells, **found.cells}


def _check_names(found: Found, copy: RowCopy) -> None:
    """Refuse the row whose keys cannot name columns; the file's others can."""
    for name in found.cells.keys() - copy.known:
        if ODD_NAME.search(name) or not all(name.split(".")):
            message = f"The key {name!r} cannot name a column."
            found.refuse(Wrong("odd_key", message))
            return
