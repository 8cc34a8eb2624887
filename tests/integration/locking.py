"""Work beside a transaction of the test, until it waits for a lock of it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

WAITING = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@contextmanager
def waiting(work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Start the work on another connection, and go on when it waits for a lock."""
    threads = ThreadPoolExecutor(1)
    future = threads.submit(_closing, work)
    deadline = time.monotonic() + 30
    while not (future.done() or _is_anybody_waiting()):
        if time.monotonic() > deadline:
            raise AssertionError("It never waited for a lock.")
        time.sleep(0.01)
    try:
        yield future
    finally:
        threads.shutdown()


def _closing(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


def _is_anybody_waiting() -> bool:
    with connection.cursor() as cursor:
        # What a transaction has seen of others it sees until it ends.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return cursor.fetchone() is not None
