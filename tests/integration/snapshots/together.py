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
            with connection.cursor():
                start.wait(PATIENCE_SECONDS)
            return work(number)
        except Exception as error:
            start.abort()
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(begin, range(workers)))


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
