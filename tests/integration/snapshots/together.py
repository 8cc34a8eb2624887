"""Workers that start at one moment, each on a connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE_SECONDS = 60


def together(work: Callable[[int], Any], *, workers: int) -> list[Any]:
    """Call the work with each number at once; give results, and errors among them."""
    start = threading.Barrier(workers)

    def begin(number: int) -> Any:
        try:
            _meet(start)
            return work(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(begin, range(workers)))


def _meet(start: threading.Barrier) -> None:
    """Connect and wait for the others; who cannot lets nobody wait in vain.

    Only before the start: an abort after it would reach those that are not awake yet.
    """
    try:
        with connection.cursor():
            start.wait(PATIENCE_SECONDS)
    except Exception:
        start.abort()
        raise


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
