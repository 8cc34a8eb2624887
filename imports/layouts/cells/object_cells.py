"""Cells that hold a JSON object: each member is a value of its own.

What an object holds is taken as it stands, neither trimmed nor normalized.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from imports.layouts.cells.cell import Cell, clean

#: What PostgreSQL does not hold: NUL, and half of a character.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def attributes(name: str, source: str) -> Cell:
    """Give the members of an object as values `name.member`; no other is stated.

    An object names each member once; numbers are those that JSON knows.
    """

    def named(texts: pl.Series) -> pl.Series:
        found = [None if text is None else _named(text, f"{name}.") for text in texts]
        return pl.Series(texts.name, found, dtype=pl.String)

    return Cell(
        name=name,
        source=source,
        value=pl.col(clean(source)).map_batches(
            named, return_dtype=pl.String, is_elementwise=True
        ),
        code="not_an_object",
        expected='a JSON object such as {"url": "https://example.org"}',
        is_object=True,
    )


def _named(text: str, prefix: str) -> str | None:
    """Give the object with longer names; nothing where the text is none."""
    try:
        value = json.loads(text, object_pairs_hook=_once)
        if not isinstance(value, dict) or any(map(UNSTORABLE.search, _texts(value))):
            return None
        named = {f"{prefix}{member}": inside for member, inside in value.items()}
        return json.dumps(named, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name stands twice.")
    return found


def _texts(value: Any) -> Iterator[str]:
    """Give the texts in a value, the names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from (text for inside in value.values() for text in _texts(inside))
    elif isinstance(value, list):
        yield from (text for inside in value for text in _texts(inside))
