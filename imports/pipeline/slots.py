"""Lanes share DB_POOL_MAX connections, whatever process and run they are of.

A slot is an advisory lock of the session: the server gives it back when the process
dies. Nothing that is written leans on it, so a pooler that swaps sessions between
statements can at worst let more lanes work than were asked for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

from imports import conf
from imports.models import ImportRun
from imports.pipeline import checkpoint, trouble
from imports.pipeline.lane import Lane, heed_stop
from imports.pipeline.session import LANE
from imports.sql import statement

#: The first half of the slots' keys: "lane" in ASCII.
SPACE = 0x6C616E65
WAIT_SECONDS = 0.5

#: Which slot a connection has, and its name before: one that is lost has none.
_held: WeakKeyDictionary[Any, tuple[int, str]] = WeakKeyDictionary()


def enter(run: ImportRun, *, lane: Lane) -> bool:
    """Wait until the lane has a slot; False where its work is over before."""
    while not (lane.is_urgent or trouble.patiently(take)):
        trouble.patiently(partial(heed_stop, run))
        is_open = trouble.patiently(partial(checkpoint.has_open_races, run.pk))
        if lane.is_time_up() or not is_open:
            return False
        _wait()
    return True


@contextmanager
def left_in_the_end() -> Iterator[None]:
    """Give the slot back that the block may have taken."""
    try:
        yield
    finally:
        # With a connection that is lost the slot is free already.
        with suppress(*trouble.DatabaseErrors):
            give_back()


def take() -> bool:
    """Take a slot for this connection, unless it has one; False where none is free."""
    connection.ensure_connection()
    if connection.connection in _held:
        return True
    slots: dict[str, Any] = {
        "space": SPACE,
        "slots": conf.get("DB_POOL_MAX"),
        "name": LANE,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("take_slot"), slots)
        row = cursor.fetchone()
    if row is None:
        return False
    slot, name_before, _ = row
    _held[connection.connection] = (slot, name_before)
    return True


def give_back() -> None:
    """Give the slot of this connection back, if it has one."""
    held = _held.pop(connection.connection, None) if connection.connection else None
    if held is None:
        return
    slot, name = held
    with connection.cursor() as cursor:
        keys: dict[str, Any] = {"space": SPACE, "slot": slot, "name": name}
        cursor.execute(statement("give_slot_back"), keys)


def _wait() -> None:
    # Without a connection meanwhile: they are what is short.
    if not connection.in_atomic_block:
        connection.close()
    time.sleep(WAIT_SECONDS)
