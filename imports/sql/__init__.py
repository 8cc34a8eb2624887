"""Named SQL: `-- name: …` blocks of the .sql files beside this module.

`{braces}` name identifiers (the staging tables of a run), `%(names)s` parameters.
"""

from functools import cache
from pathlib import Path

from psycopg import sql

FOLDER = Path(__file__).parent
MARK = "-- name: "


@cache
def _blocks() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.sql")):
        for block in file.read_text().split(MARK)[1:]:
            name, _, body = block.partition("\n")
            if name in found:
                raise ValueError(f"{file.name}: the name {name} stands twice")
            found[name] = body.strip()
    return found


def names() -> tuple[str, ...]:
    """Give the names of all statements."""
    return tuple(_blocks())


def statement(name: str, **tables: str) -> sql.Composed:
    """Give the statement `name` with its tables filled in."""
    identifiers = {key: sql.Identifier(table) for key, table in tables.items()}
    return sql.SQL(_blocks()[name]).format(**identifiers)  # type: ignore[arg-type]
