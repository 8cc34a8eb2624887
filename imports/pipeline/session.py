"""What a lane tells the server about its connection and its tables."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

from imports import conf
from imports.pipeline import trouble
from imports.sql import statement

#: The application name of a lane's connection, in pg_stat_activity.
LANE = "scrutineer lane"

#: What was set on which connection: a lane that connects anew sets it anew.
_modes: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def set_synchronous_commit(mode: str) -> None:
    """Say whether commits of this connection wait for the disk: `on` or `off`."""
    connection.ensure_connection()
    if _modes.get(connection.connection) == mode:
        return
    with connection.cursor() as cursor:
        cursor.execute(statement("set_synchronous_commit"), {"mode": mode})
    if not connection.in_atomic_block:
        _modes[connection.connection] = mode


@contextmanager
def own_commits_in_the_end() -> Iterator[None]:
    """Let who has this connection next commit as the server does by itself."""
    try:
        yield
    finally:
        # With a connection that is lost what was set is gone already.
        if connection.connection and _modes.pop(connection.connection, None):
            with suppress(*trouble.DatabaseErrors), connection.cursor() as cursor:
                cursor.execute(statement("reset_synchronous_commit"))


def lane_connections() -> int:
    """Give how many connections lanes have now, in all processes."""
    with connection.cursor() as cursor:
        cursor.execute(statement("lane_connections"), {"name": LANE})
        return int(cursor.fetchone()[0])


def limit_idleness() -> None:
    """Let the server end this transaction if its client falls silent: locks go with it."""
    seconds = f"{conf.get('STATEMENT_TIMEOUT_SECONDS')}s"
    with connection.cursor() as cursor:
        cursor.execute(statement("limit_idleness"), {"seconds": seconds})


def analyze_races() -> None:
    """Tell the planner what the tables of laps and entrants hold now."""
    with connection.cursor() as cursor:
        cursor.execute(statement("analyze_races"))
