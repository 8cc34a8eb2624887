"""Lanes and preparers in trouble: connections that are cut, servers that are away."""

import time
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from structlog.testing import capture_logs

from imports import actions
from imports.actions import BatchOptions, Order
from imports.errors import DatabaseAway, LeaseLost
from imports.models import ImportRun
from imports.pipeline import checkpoint, ownership, transactions, trouble
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.ownership import Heartbeat
from races.models import Lap

RACES = 4

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queued(write_csv) -> ImportRun:
    rows = [f"ashford,{race},7,1,{60_000 + race}" for race in range(1, RACES + 1)]
    path = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *rows)
    files = actions.register_paths([path], statement=Statement(source="test"))
    return actions.start_run(files, order=Order(trigger=ImportRun.Trigger.COMMAND))


@pytest.fixture
def run(queued: ImportRun) -> ImportRun:
    assert actions.prepare(queued, owner="test")
    return queued


def cut() -> None:
    """End this thread's backend, as an administrator would."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    address = {name: parameters[name] for name in names if parameters.get(name)}
    with psycopg.connect(**address, autocommit=True) as other:
        pid = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute(
            "SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]
        ).fetchone():
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (checkpoint, "claim_races"),
        (checkpoint, "lock_race"),
        (transactions, "write_race"),
        (checkpoint, "record_done"),
        (checkpoint, "record_failed"),
        (checkpoint, "settle_abandoned"),
    ],
)
def test_lane_whose_connection_is_cut_writes_every_race(run, monkeypatch, module, name):
    original = getattr(module, name)
    cuts: list[int] = []

    def cut_first(*args: Any, **kwargs: Any) -> Any:
        if not cuts:
            cuts.append(1)
            cut()
        return original(*args, **kwargs)

    if name == "record_failed":
        monkeypatch.setattr(transactions, "refresh_race", _deadlock_once())
    monkeypatch.setattr(module, name, cut_first)
    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)

    run.refresh_from_db()
    assert cuts
    assert (run.state, run.laps["inserted"], Lap.objects.count()) == (
        "succeeded",
        RACES,
        RACES,
    )


def _deadlock_once() -> Any:
    calls: list[int] = []
    refresh_race = transactions.refresh_race

    def deadlock(race_id: int) -> None:
        calls.append(race_id)
        if len(calls) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE deadlock_detected; END $$")
        refresh_race(race_id)

    return deadlock


def test_commit_whose_answer_is_lost_is_not_repeated(run, monkeypatch):
    commit = connection._commit
    lost: list[int] = []

    def commit_and_cut() -> None:
        commit()
        if not lost:
            lost.append(1)
            connection.connection.close()
            raise OperationalError("the answer is lost") from psycopg.OperationalError()

    monkeypatch.setattr(connection, "_commit", commit_and_cut)
    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)

    run.refresh_from_db()
    assert lost
    assert (run.state, run.laps["inserted"]) == ("succeeded", RACES)
    assert set(run.checkpoints.values_list("epoch", "attempts")) == {(1, 1)}


def test_claim_whose_answer_was_lost_is_found_again(run):
    first = checkpoint.claim_race(run.pk, owner="mine")
    assert first

    again = checkpoint.claim_race(run.pk, owner="mine")
    other = checkpoint.claim_race(run.pk, owner="other")

    assert again
    assert other
    assert (again.id, again.epoch) == (first.id, first.epoch + 1)
    assert other.id != first.id


def test_run_whose_claim_was_not_answered_is_ours(queued):
    as_read = ImportRun.objects.get(pk=queued.pk)
    assert ownership.claim(queued, owner="mine", from_state="queued")

    assert ownership.claim(as_read, owner="mine", from_state="queued")
    assert as_read.epoch == queued.epoch == 1


def test_lane_ends_by_a_typed_error_where_the_server_stays_away(
    run, monkeypatch, settings
):
    settings.IMPORTS_RECONNECT_SECONDS = 0.5
    tries: list[int] = []

    def refuse(*args: Any) -> Any:
        tries.append(1)
        raise psycopg.OperationalError("connection refused")

    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)
    with capture_logs() as logs, pytest.raises(DatabaseAway, match="--resume"):
        conductor.run_lane(run, lane=Lane(name="test"))
    monkeypatch.undo()

    assert len(tries) > 1
    assert [line["event"] for line in logs].count("database_away") == 1
    conductor.run_lane(run, lane=Lane(name="later"))
    assert conductor.end_run(run)


def test_error_that_is_not_the_connection_is_not_waited_for(settings):
    settings.IMPORTS_RECONNECT_SECONDS = 30
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        trouble.patiently(fail)
    assert len(calls) == 1


@pytest.mark.parametrize("step", ["stage_files", "plan_races", "write_shared_rows"])
def test_preparer_whose_connection_is_cut_prepares_again(queued, monkeypatch, step):
    original = getattr(conductor, step)
    cuts: list[int] = []

    def cut_first(*args: Any, **kwargs: Any) -> Any:
        if not cuts:
            cuts.append(1)
            cut()
        return original(*args, **kwargs)

    monkeypatch.setattr(conductor, step, cut_first)
    actions.work_run(queued, options=BatchOptions(name="test"))

    queued.refresh_from_db()
    assert (queued.state, queued.epoch) == ("succeeded", 2)
    assert queued.laps["inserted"] == RACES


def test_preparer_beats_while_it_works(queued, settings):
    settings.IMPORTS_LEASE_SECONDS = 6
    actions.claim_run(queued)

    with Heartbeat(queued) as pulse:
        deadline = time.monotonic() + 60
        while queued.heartbeat_at is None and time.monotonic() < deadline:
            time.sleep(0.05)
            queued.refresh_from_db()
        pulse.check()

    assert queued.heartbeat_at
    assert ownership.is_alive(queued)
    assert actions.sweep().requeued == ()


def test_preparer_that_lost_the_run_is_told_by_its_heartbeat(queued, settings):
    settings.IMPORTS_LEASE_SECONDS = 0.6
    actions.claim_run(queued)

    with Heartbeat(queued) as pulse:
        ImportRun.objects.filter(pk=queued.pk).update(epoch=2)
        time.sleep(0.3)
        with pytest.raises(LeaseLost):
            pulse.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "error", [psycopg.OperationalError("connection refused"), MemoryError()]
)
def test_preparer_that_cannot_beat_for_a_lease_stops_itself(
    queued, settings, monkeypatch, error
):
    """Whether the server is away, or the thread that beats has died."""
    settings.IMPORTS_LEASE_SECONDS = 0.6
    actions.claim_run(queued)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(ownership, "_touch", refuse)
    with Heartbeat(queued) as pulse:
        pulse.check()
        time.sleep(0.8)
        with pytest.raises(LeaseLost):
            pulse.check()


def test_short_preparation_never_beats(run):
    assert run.heartbeat_at is None
