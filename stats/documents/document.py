"""What a document is, and how one is read: a statement of this folder -> its rows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Chosen:
    """The source and the season that are asked for; None: all."""

    source: str | None = None
    season: int | None = None


@dataclass(frozen=True)
class Document:
    """The figures of one scope."""

    scope: str
    data: dict[str, Any]


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document: how it is read, and what one says of which nothing is left.

    `named` are the members that say what a document is about; they stand in `empty`
    documents too. `has_seasons`: whether a scope is of one season.
    """

    stats_type: str
    read: Callable[[Chosen], Iterator[Document]]
    named: tuple[str, ...]
    empty: dict[str, Any]
    has_seasons: bool


def rows(*names: str, chosen: Chosen, most: int, **words: str) -> list[tuple[Any, ...]]:
    """Run the statement that the files make together; the last column is JSON.

    `words` stand in the text as {word}; they are ours, never a client's.
    """
    text = "".join((FOLDER / name).read_text() for name in names)
    for word, written in words.items():
        text = text.replace(f"{{{word}}}", written)
    asked = {"source": chosen.source, "season": chosen.season, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(text, asked)
        found = cursor.fetchall()
    return [(*row[:-1], json.loads(row[-1])) for row in found]
