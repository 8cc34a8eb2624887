"""Database errors -> our errors: which can be tried again, by SQLSTATE."""

import psycopg
from django.db import Error as DjangoError

from imports.errors import ImportsError, RaceRefused, RetryLater

#: A key that a writer without the race's lock has just taken (the race is then merged
#: with what it wrote), serialization failure, deadlock, lock and statement timeouts, too many
#: connections, the server going down or coming up; a lost connection has none.
RETRYABLE_STATES = frozenset(
    {
        "23505",
        "40001",
        "40P01",
        "55P03",
        "57014",
        "25P03",
        "25P04",
        "53300",
        "53200",
        "53100",
        "57P01",
        "57P02",
        "57P03",
        "08000",
        "08003",
        "08006",
    }
)

#: COPY speaks to psycopg without Django between.
DatabaseErrors = (DjangoError, psycopg.Error)


def explain(error: Exception) -> ImportsError:
    """Give the error of ours that a database error means."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state in RETRYABLE_STATES:
        return RetryLater(f"The database was busy or away ({_first_line(error)}).")
    if state is None and isinstance(cause, psycopg.OperationalError):
        return RetryLater(f"The database connection was lost ({_first_line(error)}).")
    return RaceRefused(
        f"The database refused a row of the race: {_first_line(error)}. Nothing of the "
        "race was written; mend the file and import it again.",
        sqlstate=state,
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
