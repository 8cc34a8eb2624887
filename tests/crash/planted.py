"""Bugs that others have had, planted one at a time: the sweep must catch each.

A bug is switched on in the workers only, by changing what they run; the imports that
nobody breaks, which the sweep compares with, are made without it.
"""

import random
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from imports import sql
from imports.failpoints import failpoint
from imports.pipeline import checkpoint
from imports.pipeline.registers import lap_decisions, records
from imports.pipeline.registers.decide import Decision, Outcome
from imports.pipeline.write import race
from imports.pipeline.write import records as written_records

Plant = Callable[[], None]


def edit_sql(name: str, pattern: str, replacement: str) -> None:
    """Change a named statement in this process; what is not found is an error."""
    blocks = sql._blocks()
    text, found = re.subn(pattern, replacement, blocks[name])
    assert found, f"{name} has no {pattern}"
    blocks[name] = text
    sql._composed.cache_clear()


def change(module: Any, name: str, other: Any) -> None:
    """Put something else in the place of a module's name, which must exist."""
    assert hasattr(module, name), f"{module.__name__} has no {name}"
    setattr(module, name, other)


def checkpoint_before_rows() -> None:
    """The race is marked as done in a transaction that ends before that of its rows."""
    record_done = checkpoint.record_done

    def record_beside(claim: Any, result: Any, **rest: Any) -> None:
        def record() -> None:
            record_done(claim, replace(result, race_id=None), **rest)
            connection.close()

        beside = threading.Thread(target=record)
        beside.start()
        beside.join()

    change(checkpoint, "record_done", record_beside)


def checkpoint_after_rows() -> None:
    """The race is marked as done in a transaction that begins after that of its rows."""
    record_done = checkpoint.record_done

    def record_later(claim: Any, result: Any, **rest: Any) -> None:
        def record() -> None:
            failpoint("before_commit")
            record_done(claim, result, **rest)

        transaction.on_commit(record)

    change(checkpoint, "record_done", record_later)


def no_fencing() -> None:
    """Whoever once held a race may write it and mark it."""
    for name in ("is_held", "record_done"):
        edit_sql(name, r"AND epoch = %\(epoch\)s", "")
        edit_sql(name, r"AND state = 'claimed'", "")


def version_not_raised() -> None:
    """A newer statement of an equal value leaves the stored version as it is."""
    edit_sql(
        "merge_laps",
        r"AND %\(complete\)s::uuid IS NULL THEN 'raised'",
        "AND false THEN 'raised'",
    )
    decide = lap_decisions.decide

    def forget(candidates: Any, **rest: Any) -> Decision:
        decision = decide(candidates, **rest)
        if decision.outcome == Outcome.UNCHANGED:
            return replace(decision, register=decision.stored)
        return decision

    change(lap_decisions, "decide", forget)
    change(records, "decide", forget)


def floor_ignored() -> None:
    """What a complete file has ended comes back with the next old file."""
    change(race, "_floors", lambda *columns: race.Floors())


def keys_in_any_order() -> None:
    """Rows are locked batch by batch, in no order, and nothing locks their race."""
    for name in ("begin_race", "lock_shared_rows"):
        edit_sql(
            name, r"pg_advisory_xact_lock\(hashtextextended\(%\(lock\)s, 0\)\)", "1"
        )
    upsert, rng = written_records._upsert, random.Random()

    def upsert_each(model: Any, rows: Any) -> None:
        for row in rng.sample(list(rows), len(rows)):
            upsert(model, [row])

    change(written_records, "_upsert", upsert_each)


def no_dedupe_in_file() -> None:
    """Two rows of a file on one key go to the database as two."""
    for name in ("insert_laps", "merge_laps"):
        edit_sql(name, r"SELECT DISTINCT ON \([^)]*\)", "SELECT")

    def each_alone(rows: Iterable[Any], key: Callable[[Any], Any]) -> Any:
        return ((key(row), [row]) for row in rows)

    change(lap_decisions, "groupby", each_alone)


def blind_reaper() -> None:
    """Who died before the first heartbeat counts as alive for ever."""
    for name in sql.names():
        if "COALESCE(heartbeat_at" in sql._blocks()[name]:
            edit_sql(name, r"COALESCE\(heartbeat_at[^)]*\)", "heartbeat_at")
