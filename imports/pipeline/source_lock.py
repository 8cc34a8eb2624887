"""One command a source at a time: who comes second learns it, and leaves or waits.

A lock of a session of its own: it goes with the process, however that ends, and a
heartbeat keeps the session from looking dead. It spares work and is no fence: a
lock that is lost with its connection costs nothing, since races are claimed and locked
one by one whoever writes them. Needs a server or pooler that keeps sessions.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from imports import conf
from imports.pipeline import trouble
from imports.pipeline.ownership import BEATS_A_LEASE, STOP_SECONDS
from imports.sql import statement

log = structlog.get_logger(__name__)

#: The application name of a lock's connection, in pg_stat_activity.
NAME = "scrutineer lock"
#: Whom a lock was taken from, or lost its holder meanwhile: it is free at once.
TRIES = 20
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Holder:
    """Who has the lock: a connection, since when, and how long it has said nothing."""

    pid: int
    since: datetime
    silent_seconds: float


class SourceLock:
    """The lock of a source; taken, it is a context manager that keeps and ends it."""

    def __init__(self, source: str) -> None:
        self._key = f"command:{source}"
        self._connection = _open()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def take(self) -> Holder | None:
        """Take the lock and give nothing; or give who has it."""
        holder: Holder | None = None
        try:
            for _ in range(TRIES):
                if self._is_taken():
                    self._thread.start()
                    return None
                holder = self._holder()
                if holder and holder.silent_seconds <= conf.get("LEASE_SECONDS"):
                    self._connection.close()
                    return holder
                if holder:
                    self._end(holder)
                time.sleep(PAUSE_SECONDS)
        except BaseException:
            self._connection.close()
            raise
        # Others take it whenever it is free.
        self._connection.close()
        return holder or Holder(pid=0, since=timezone.now(), silent_seconds=0)

    def __enter__(self) -> "SourceLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join(STOP_SECONDS)
        self._connection.close()

    def _is_taken(self) -> bool:
        return bool(self._ask("take_source_lock", key=self._key)[0])

    def _holder(self) -> Holder | None:
        row = self._ask("source_lock_holder", key=self._key)
        return Holder(row[0], row[1], float(row[2])) if row else None

    def _end(self, holder: Holder) -> None:
        """Take the lock from a process that is frozen: cron must not wait for it."""
        log.warning("source_lock_ended", lock=self._key, silent=holder.silent_seconds)
        self._ask("end_source_lock", pid=holder.pid, name=NAME)

    def _ask(self, block: str, **parameters: Any) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement(block), parameters)
            return cursor.fetchone()

    def _beat_on(self) -> None:
        while not self._is_over.wait(conf.get("LEASE_SECONDS") / BEATS_A_LEASE):
            try:
                if self._connection.connection is None:
                    self._retake()
                else:
                    self._ask("beat_source_lock")
            except trouble.DatabaseErrors:
                # It was lost with its connection; the next beat asks for it again.
                self._connection.close()

    def _retake(self) -> None:
        if not self._is_taken():
            log.warning("source_lock_lost", lock=self._key)
            self._connection.close()


def _open() -> BaseDatabaseWrapper:
    """Give a connection beside those of the threads, under a name of its own."""
    opened = connections.create_connection(DEFAULT_DB_ALIAS)
    settings = opened.settings_dict
    options = {
        name: value
        for name, value in settings.get("OPTIONS", {}).items()
        if name != "pool"
    }
    opened.settings_dict = {
        **settings,
        "OPTIONS": {**options, "application_name": NAME},
    }
    # The heartbeat's thread uses it after this one.
    opened.inc_thread_sharing()
    return opened
