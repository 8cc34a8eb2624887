"""A document -> what its page shows: lines of facts, tables, and the rest as JSON.

Knows no kind of document: a list of flat objects is a table, whatever is in it. Reads
only what it is given.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact

#: More rows are not shown, and counted.
MOST_ROWS = 500
#: A longer text is cut.
MOST_CHARACTERS = 200_000
#: What stands first; PostgreSQL sorts the members of an object by length.
FIRST = ("rank", "round", "date", "name", "winner", "team", "points", "time_ms")
#: Numbers that are names: a year has no thousands separator.
NOT_COUNTED = frozenset({"season"})


@dataclass(frozen=True)
class Cell:
    """What stands in a table; columns of numbers stand to the right."""

    text: Any
    is_number: bool


@dataclass(frozen=True)
class Table:
    """The rows of one list, as cells; `more` are not shown."""

    title: str
    columns: list[Cell]
    rows: list[list[Cell]]
    more: int


def facts_of(data: dict[str, Any]) -> list[Fact]:
    """Give the plain values of a document, and its objects of plain values."""
    return [
        (_label(name), _cell(name, value))
        for name, value in data.items()
        if _is_plain(value) or (isinstance(value, dict) and value and _is_flat(value))
    ]


def tables_of(data: dict[str, Any]) -> list[Table]:
    """Give the lists of objects of a document."""
    return [
        _table(name, value)
        for name, value in data.items()
        if isinstance(value, list) and all(isinstance(row, dict) for row in value)
    ]


def as_json(data: dict[str, Any]) -> tuple[str, bool]:
    """Give the document as text, and whether the text was cut."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return text[:MOST_CHARACTERS], len(text) > MOST_CHARACTERS


def _table(name: str, held: list[dict[str, Any]]) -> Table:
    rows = held[:MOST_ROWS]
    is_number = {column: _is_numeric(column, rows) for column in _columns(rows)}
    return Table(
        title=_label(name),
        columns=[Cell(_label(column), right) for column, right in is_number.items()],
        rows=[
            [
                Cell(_cell(column, row.get(column)), right)
                for column, right in is_number.items()
            ]
            for row in rows
        ],
        more=len(held) - len(rows),
    )


def _columns(rows: list[dict[str, Any]]) -> Iterator[str]:
    held = {name: None for row in rows for name in row}
    yield from (name for name in FIRST if name in held)
    yield from (name for name in held if name not in FIRST)


def _is_numeric(column: str, rows: list[dict[str, Any]]) -> bool:
    values = [row.get(column) for row in rows]
    known = [value for value in values if value is not None]
    return bool(known) and all(type(value) in (int, float) for value in known)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _is_flat(value: dict[str, Any]) -> bool:
    return all(_is_plain(inner) for inner in value.values())


def _label(name: str) -> str:
    return name.removesuffix("_ms").replace("_", " ").capitalize()


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict) and not _is_flat(value):
        return json.dumps(value, ensure_ascii=False)
    if type(value) not in (int, float) or name in NOT_COUNTED:
        return cells.UNKNOWN if value is None or value == "" else _text(value)
    if name.endswith("_ms"):
        return cells.lap_time(value)
    return f"{value:,}"


def _text(value: Any) -> Any:
    return cells.show(value) if isinstance(value, (bool, dict)) else str(value)
