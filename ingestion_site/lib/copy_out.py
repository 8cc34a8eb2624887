"""A queryset -> the bytes of its rows, as PostgreSQL itself writes them, in pieces.

COPY streams: neither the server nor this process holds more than a piece. Knows no
tables, opens no transaction, writes nothing to the database.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, TextField, Value

#: Rows are sent on in pieces of about so many bytes.
PIECE_BYTES = 64 * 1024
#: COPY's own quotes and separators, where a row is one cell of JSON: JSON has none.
NOT_IN_JSON = "DELIMITER E'\\x02', QUOTE E'\\x01', ESCAPE E'\\x01'"


def csv_rows(rows: QuerySet[Any], columns: Sequence[Any]) -> Iterator[bytes]:
    """Give the rows as lines of CSV, an unknown value as an empty cell."""
    with suppress(EmptyResultSet):
        sql, parameters = _selected(rows, columns)
        copy = f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL %s)"
        yield from _pieces(copy, (*parameters, ""))


def json_rows(
    rows: QuerySet[Any], columns: Sequence[Any], *, names: Sequence[str]
) -> Iterator[bytes]:
    """Give the rows as lines of JSON, an object each."""
    with suppress(EmptyResultSet):
        sql, parameters = _selected(rows, columns)
        held = ", ".join(connection.ops.quote_name(name) for name in names)
        copy = (
            f"COPY (SELECT row_to_json(r) FROM ({sql}) AS r ({held})) "  # noqa: S608
            f"TO STDOUT (FORMAT csv, NULL %s, {NOT_IN_JSON})"
        )
        yield from _pieces(copy, (*parameters, ""))


def constant(text: str) -> Any:
    """Give a column that says the same in each row."""
    return Value(text, output_field=TextField())


def _selected(
    rows: QuerySet[Any], columns: Sequence[Any]
) -> tuple[str, tuple[Any, ...]]:
    """Give the query of these columns, unnamed: a name could be a field's own.

    Filters that no row can pass, such as an id too large for one, are no query at all:
    EmptyResultSet.
    """
    selected = rows.values_list(*columns)
    sql, parameters = selected.query.sql_with_params()
    return sql, tuple(parameters)


def _pieces(copy: str, parameters: tuple[Any, ...]) -> Iterator[bytes]:
    with ExitStack() as open_ones:
        cursor = open_ones.enter_context(connection.cursor())
        # COPY takes no parameters, and Django's cursor of DEBUG passes none on.
        out = open_ones.enter_context(cursor.copy(cursor.mogrify(copy, parameters)))
        yield from joined(out, at_least=PIECE_BYTES)


def joined(pieces: Iterable[Any], *, at_least: int) -> Iterator[bytes]:
    """Give the same bytes in pieces that are not too small."""
    held, size = [], 0
    for piece in pieces:
        held.append(bytes(piece))
        size += len(piece)
        if size >= at_least:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
