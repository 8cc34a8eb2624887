"""The signs of life of a cluster, in the database and by its clock.

The watchdog rings a canary, a task that carries the id of the cluster's row; whatever
worker of the cluster runs any task of ours beats the row. All clusters share one queue,
so a canary that another cluster gets is rung again.
"""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports import conf, doorbell
from imports.pipeline import trouble
from imports.pipeline.ownership import STOP_SECONDS
from imports.sql import statement
from imports.watchdog.cluster import HEARTBEAT

#: A worker with a task beats so often within the time that it may be silent.
BEATS = 6
#: Rows of clusters that are gone are kept so long, for people to look at.
REMEMBERED_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Silence:
    """What the row says: for how long a canary is unanswered, when it was last busy."""

    unanswered_seconds: float
    #: Since a canary was rung, or any task beat; None: neither was yet.
    quiet_seconds: float | None


class Heartbeat:
    """The row of a cluster, as its watchdog knows it."""

    def __init__(self) -> None:
        host = socket.gethostname()[:80]
        self._who = {"name": f"{host}-{secrets.token_hex(6)}", "host": host}
        [(self.id,)] = _rows("register_worker", **self._who)

    def started(self, *, pid: int, restarts: int, message: str) -> None:
        """Say that the cluster was started; what it was asked before is forgotten."""
        _rows("worker_started", id=self.id, pid=pid, restarts=restarts, message=message)

    def moved(self, state: str) -> None:
        """Say how far the cluster is."""
        _rows("move_worker", id=self.id, state=state)

    def look(self) -> Silence:
        """Give the watchdog's own sign of life, and look for the cluster's."""
        seen = _rows("see_worker", id=self.id)
        if not seen:
            _rows("restore_worker", id=self.id, **self._who)
            return Silence(0.0, None)
        [(unanswered, quiet)] = seen
        return Silence(float(unanswered), None if quiet is None else float(quiet))

    def ask(self, *, by_ringing: bool) -> None:
        """Wait for a beat from now on: of the canary that is rung, or of any task."""
        _rows("ask_worker", id=self.id)
        if by_ringing:
            doorbell.ring_for_beat(self.id)

    def forgive(self) -> None:
        """Ask anew: nobody could have heard an answer."""
        _rows("forgive_worker", id=self.id)


def forget_the_dead() -> None:
    """Remove the rows of watchdogs that are long gone."""
    _rows("forget_workers", seconds=REMEMBERED_SECONDS)


def own_id() -> int | None:
    """Give the row of the cluster that this process belongs to, if it is watched."""
    return int(os.environ[HEARTBEAT]) if os.environ.get(HEARTBEAT) else None


def beat() -> bool:
    """Say that a worker of this cluster runs a task; give whether it is to stop.

    Silent where it cannot be said.
    """
    if (mine := own_id()) is not None:
        with suppress(*trouble.DatabaseErrors):
            return _rows("beat_worker", id=mine) == [(True,)]
    return False


def answer(canary: int) -> None:
    """Answer a canary of this cluster; ring one of another again while it is awaited."""
    beat()
    seconds = conf.get("WATCHDOG_SECONDS")
    if canary != own_id() and _rows("is_canary_awaited", id=canary, seconds=seconds):
        doorbell.ring_for_beat(canary)


@dataclass
class Heard:
    """What a task hears as it beats."""

    #: The cluster was told to stop: the task should end at the next good place.
    is_stopping: bool = False


@contextmanager
def beating() -> Iterator[Heard]:
    """Beat now, and beside the work for as long as it takes."""
    heard = Heard()
    if own_id() is None:
        yield heard
        return
    heard.is_stopping = beat()
    is_over = threading.Event()
    thread = threading.Thread(target=_beat_on, args=[heard, is_over], daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        is_over.set()
        # It may wait for a server that is away; the task need not.
        thread.join(STOP_SECONDS)


def _beat_on(heard: Heard, is_over: threading.Event) -> None:
    while not is_over.wait(conf.get("WATCHDOG_SECONDS") / BEATS):
        try:
            heard.is_stopping = beat() or heard.is_stopping
        finally:
            # A connection for a moment, not one more for as long as a task takes.
            connection.close()


def _rows(name: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        return list(cursor.fetchall()) if cursor.description else []
