"""Ask a statement of `timings.sql`: parameters in, rows as dicts out; writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from imports.sql import statement


def ask(name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Give the rows of a statement, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def roomy() -> Iterator[None]:
    """Let this connection sort in memory for a while."""
    ask("make_room")
    try:
        yield
    finally:
        ask("give_room_back")
