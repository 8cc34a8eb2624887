"""`actions.watch` every so often, on a thread: what it waits for stops nothing else."""

import threading

import structlog
from django.db import connection

from imports import actions, conf
from imports.pipeline import trouble

log = structlog.get_logger(__name__)

#: Where the database is away it is asked less and less often, at most this times so.
LONGEST = 8


class Rounds:
    """A thread that watches until it is told to end; a context manager."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)

    def __enter__(self) -> "Rounds":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: what it does is done in transactions, or left to the next.
        self._is_over.set()

    def _go(self) -> None:
        factor = 1
        while not self._is_over.wait(conf.get("WATCH_SECONDS") * factor):
            factor = 1 if self._watch() else min(factor * 2, LONGEST)

    def _watch(self) -> bool:
        """Watch once; False where the database cannot be asked."""
        try:
            actions.watch()
        except trouble.DatabaseErrors as error:
            log.warning("watch_failed", why=str(error).strip())
            return False
        except Exception:
            # A mistake of ours in one rule is no reason to watch nothing any more.
            log.exception("watch_failed_unexpectedly")
        finally:
            connection.close()
        return True
