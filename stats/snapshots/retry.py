"""What may be tried again: only what the database undid whole, and asked to repeat."""

import psycopg
from django.db import OperationalError, connection

#: Serialization failure, deadlock.
REPEATABLE_STATES = frozenset({"40001", "40P01"})


def is_in_transaction() -> bool:
    """Whether a failure undoes more than the statement, which only the caller can redo."""
    return connection.in_atomic_block or not connection.get_autocommit()


def is_repeatable(error: Exception) -> bool:
    """Whether the statement was undone by others and may be sent again."""
    cause = error.__cause__
    return (
        isinstance(error, OperationalError)
        and isinstance(cause, psycopg.Error)
        and cause.sqlstate in REPEATABLE_STATES
        and not is_in_transaction()
    )
