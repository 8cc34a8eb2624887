"""Named SQL: `-- name: …` blocks of the .sql files beside this module.

`{braces}` name identifiers (the staging tables of a run), `%(names)s` parameters;
`-- include: …` stands for another block, where two statements must say the same.
"""

import re
from functools import cache, lru_cache
from pathlib import Path

from psycopg import sql

FOLDER = Path(__file__).parent
MARK = "-- name: "
#: Comments are for readers; the server need not parse them for every race.
INCLUDE = re.compile(r"^-- include: (\w+)$", re.MULTILINE)
COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


@cache
def _blocks() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.sql")):
        for block in file.read_text().split(MARK)[1:]:
            name, _, body = block.partition("\n")
            if name in found:
                raise ValueError(f"{file.name}: the name {name} stands twice")
            found[name] = body
    return {
        name: COMMENT.sub("", _whole(body, found)).strip()
        for name, body in found.items()
    }


def _whole(body: str, blocks: dict[str, str]) -> str:
    return INCLUDE.sub(lambda match: _whole(blocks[match[1]], blocks).strip(), body)


def names() -> tuple[str, ...]:
    """Give the names of all statements."""
    return tuple(_blocks())


def statement(name: str, **tables: str) -> str:
    """Give the statement `name` with its tables filled in, quoted as identifiers."""
    return _composed(name, tuple(tables.items()))


@lru_cache(maxsize=512)
def _composed(name: str, tables: tuple[tuple[str, str], ...]) -> str:
    identifiers = {key: sql.Identifier(table) for key, table in tables}
    composed = sql.SQL(_blocks()[name]).format(**identifiers)  # type: ignore[arg-type]
    return composed.as_string()
