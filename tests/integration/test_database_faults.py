"""What a database does to a lane: each fault for real, and every race is in after it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from imports import actions
from imports.actions import Order
from imports.models import ImportRun
from imports.pipeline import run as conductor
from imports.pipeline import transactions
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from races.models import Lap

RACES = 4

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(write_csv) -> ImportRun:
    """A run whose races wait for lanes."""
    rows = [f"ashford,{race},7,1,{60_000 + race}" for race in range(1, RACES + 1)]
    path = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *rows)
    files = actions.register_paths([path], statement=Statement(source="test"))
    run = actions.start_run(files, order=Order(trigger=ImportRun.Trigger.COMMAND))
    assert actions.prepare(run, owner="test")
    return run


@contextmanager
def beside() -> Iterator[Any]:
    """Give a connection that has nothing to do with the lanes."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    address = {name: parameters[name] for name in names if parameters.get(name)}
    with psycopg.connect(**address, autocommit=True) as other:
        yield other


def _write(run: ImportRun) -> list[Any]:
    """Write the races; give them as they were settled, with what failed before."""
    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert run.laps["inserted"] == Lap.objects.count() == RACES
    return list(run.checkpoints.order_by("number").values_list("attempts", flat=True))


def _once(happen: Callable[[], None], monkeypatch: Any, *, name: str) -> None:
    """Let something happen in the transaction of the first race."""
    original, calls = getattr(transactions, name), []

    def and_happen(*args: Any, **rest: Any) -> Any:
        result = original(*args, **rest)
        calls.append(1)
        if len(calls) == 1:
            happen()
        return result

    monkeypatch.setattr(transactions, name, and_happen)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_race_whose_lock_another_holds_waits_behind_the_others(run, settings):
    """55P03: it is tried again, after the races that nobody holds."""
    settings.IMPORTS_LOCK_TIMEOUT_SECONDS = 0.2
    written: list[int] = []
    with beside() as other:
        lock = "hashtextextended('race:test:ashford:1', 0)"
        other.execute(f"SELECT pg_advisory_lock({lock})")

        def let_go(claim: Any) -> None:
            written.append(claim.number)
            if len(written) == RACES:
                other.execute(f"SELECT pg_advisory_unlock({lock})")

        conductor.run_lane(run, lane=Lane(name="test", on_race=let_go))
    conductor.end_run(run)

    run.refresh_from_db()
    assert (written, run.state) == ([1, 2, 3, 4, 1], "succeeded")


def test_statement_that_takes_too_long_is_ended_and_tried_again(
    run, settings, monkeypatch
):
    """57014 by statement_timeout."""
    settings.IMPORTS_STATEMENT_TIMEOUT_SECONDS = 0.3
    _once(lambda: _execute("SELECT pg_sleep(30)"), monkeypatch, name="refresh_race")

    assert _write(run) == [2, 1, 1, 1]


def test_statement_that_an_administrator_cancels_is_tried_again(run, monkeypatch):
    """57014 by pg_cancel_backend."""

    def cancel() -> None:
        pid = connection.connection.info.backend_pid
        with beside() as other:
            timer = threading.Timer(
                0.2, other.execute, ("SELECT pg_cancel_backend(%s)", [pid])
            )
            timer.start()
            try:
                _execute("SELECT pg_sleep(30)")
            finally:
                timer.join()

    _once(cancel, monkeypatch, name="refresh_race")

    assert _write(run) == [2, 1, 1, 1]


def test_lane_that_falls_silent_in_its_transaction_is_ended_by_the_server(
    run, settings, monkeypatch
):
    """25P03: its locks are free again before its lease is over."""
    settings.IMPORTS_STATEMENT_TIMEOUT_SECONDS = 0.3
    _once(lambda: time.sleep(1), monkeypatch, name="refresh_race")

    assert _write(run) == [2, 1, 1, 1]


def test_serialization_failure_is_tried_again(run, monkeypatch):
    """40001, of two transactions that read what the other writes."""
    _execute("CREATE TABLE faults_seats (id int, is_taken bool)")
    _execute("INSERT INTO faults_seats VALUES (1, false)")

    def collide() -> None:
        with beside() as other:
            other.execute("UPDATE faults_seats SET is_taken = true")
        _execute("UPDATE faults_seats SET is_taken = false")

    write_race, calls = transactions.write_race, []

    def in_a_snapshot(key: Any, **rest: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            collide()
        return write_race(key, **rest)

    monkeypatch.setattr(transactions, "write_race", in_a_snapshot)
    try:
        _execute(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"
        )
        _execute("SELECT 1")
        assert _write(run) == [2, 1, 1, 1]
    finally:
        connection.close()
        _execute("DROP TABLE faults_seats")


@pytest.mark.parametrize(
    "message",
    [
        'connection failed: Is the server running locally on socket "x"?',
        "connection failed: FATAL:  sorry, too many clients already",
    ],
)
def test_server_that_is_away_costs_waiting_and_no_attempt(run, monkeypatch, message):
    """No busy loop: the tries get rarer; the races keep their attempts."""
    connect, tries = connection.get_new_connection, []

    def refuse(parameters: Any) -> Any:
        tries.append(time.monotonic())
        if tries[-1] - tries[0] < 2:
            raise OperationalError(message) from psycopg.OperationalError(message)
        return connect(parameters)

    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)

    assert _write(run) == [1] * RACES
    assert 3 <= len(tries) <= 12
