"""Database errors -> our errors: which can be tried again, by SQLSTATE."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg
import stamina
import structlog
from django.db import Error as DjangoError
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from imports import conf
from imports.errors import (
    DatabaseAway,
    ImportsError,
    RaceRefused,
    RetryLater,
    StagingLost,
)

log = structlog.get_logger(__name__)

Given = TypeVar("Given")

#: The server is going down, is down, or is coming up: nothing was said of the statement.
AWAY_STATES = frozenset(
    {"57P01", "57P02", "57P03", "53300", "08000", "08001", "08003", "08006"}
)

#: A key that a writer without the race's lock has just taken (the race is then merged
#: with what it wrote), serialization failure, deadlock, lock and statement timeouts, too many
#: connections; a lost connection has none.
RETRYABLE_STATES = AWAY_STATES | {
    "23505",
    "40001",
    "40P01",
    "55P03",
    "57014",
    "25P03",
    "25P04",
    "53200",
    "53100",
}
CANCEL_SECONDS = 2
#: A table is not there: only staging tables come and go.
UNDEFINED_TABLE = "42P01"

#: COPY speaks to psycopg without Django between.
DatabaseErrors = (DjangoError, psycopg.Error)


def explain(error: Exception) -> ImportsError:
    """Give the error of ours that a database error means."""
    state = _state(error)
    if state in RETRYABLE_STATES:
        return RetryLater(
            f"The database was busy or away ({_first_line(error)}).", sqlstate=state
        )
    if is_connection_lost(error):
        return RetryLater(f"The database connection was lost ({_first_line(error)}).")
    if state == UNDEFINED_TABLE:
        return StagingLost()
    return RaceRefused(
        f"The database refused a row of the race: {_first_line(error)}. Nothing of the "
        "race was written; mend the file and import it again.",
        sqlstate=state,
    )


def patiently(statement: Callable[[], Given]) -> Given:
    """Run what commits by itself and may be repeated; wait for a server that is away.

    What was lost with the connection is not repeated from memory: the statement reads
    anew how things stand.
    """
    seconds = conf.get("RECONNECT_SECONDS")
    try:
        for attempt in stamina.retry_context(
            on=is_away, attempts=None, timeout=seconds, wait_jitter=0.5
        ):
            if attempt.num == 2:
                log.warning("database_away", waits_up_to_seconds=seconds)
            with attempt:
                return _or_disconnect(statement)
    except DatabaseErrors as error:
        if not is_away(error):
            raise
        raise DatabaseAway(
            f"The database was away for more than {seconds} s ({_first_line(error)}). "
            "What was committed stays; go on with ingest_races --resume."
        ) from error
    raise AssertionError("stamina ends by a result or an error")


def drop_lost_connection() -> None:
    """Close a connection that is of no use, so that the next attempt gets a new one."""
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def cancel_statement(other: BaseDatabaseWrapper) -> None:
    """End what another thread's connection runs now; its thread hears of an error."""
    running = other.connection
    if running is None:
        return
    # It may have ended meanwhile, or its server may be away: then nothing runs.
    with suppress(psycopg.Error):
        running.cancel_safe(timeout=CANCEL_SECONDS)


def _or_disconnect(statement: Callable[[], Given]) -> Given:
    try:
        return statement()
    except DatabaseErrors:
        drop_lost_connection()
        raise


def is_away(error: Exception) -> bool:
    """Whether the server is away: outside of a transaction, waiting may help."""
    if not isinstance(error, DatabaseErrors) or connection.in_atomic_block:
        return False
    return _state(error) in AWAY_STATES or is_connection_lost(error)


def is_connection_lost(error: Exception) -> bool:
    """Whether the connection went, and with it the transaction."""
    cause = _cause(error)
    lost = (psycopg.OperationalError, psycopg.InterfaceError)
    return isinstance(cause, lost) and cause.sqlstate is None


def _state(error: Exception) -> str | None:
    cause = _cause(error)
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def _cause(error: Exception) -> BaseException | None:
    return error if isinstance(error, psycopg.Error) else error.__cause__


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
