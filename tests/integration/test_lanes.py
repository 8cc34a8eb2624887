"""Lanes: threads beside each other, the kill switch, cancelling, fencing, retries."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from imports import actions
from imports.actions import Order, Registered
from imports.errors import LeaseLost
from imports.flags import Flag
from imports.models import Counts, ImportRun, RaceCheckpoint
from imports.pipeline import checkpoint, transactions
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.race import RaceResult
from races.models import ZERO_VERSION, Entrant, Lap, Meeting, Race

HEADER = "meeting,race,entrant,lap,time_ms"
RACES = 8


@pytest.fixture
def meeting(write_csv) -> Path:
    rows = [
        f"ashford,{race},{car},{lap},{60_000 + lap}"
        for race in range(1, RACES + 1)
        for car in (7, 8)
        for lap in (1, 2, 3)
    ]
    return write_csv("laps.csv", HEADER, *rows)


@pytest.fixture
def run(meeting: Path) -> ImportRun:
    """A run that is prepared: its races wait for lanes."""
    registered = actions.register_paths([meeting], statement=Statement(source="test"))
    run = actions.start_run(registered, order=Order(trigger=ImportRun.Trigger.COMMAND))
    actions.claim_run(run)
    conductor.prepare_run(run)
    run.refresh_from_db()
    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_three_lanes_write_every_race_once(ingest, meeting, writer):
    run = ingest(meeting, lanes=3, writer=writer)

    assert run.state == "succeeded"
    assert Lap.objects.count() == run.laps["inserted"] == RACES * 6
    assert set(run.checkpoints.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
def test_kill_switch_ends_a_run_between_races(run):
    def switch_off(claim: Any) -> None:
        if claim.number == 3:
            actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)

    conductor.run_lane(run, lane=Lane(name="test", on_race=switch_off))
    conductor.end_run(run)

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "switched off" in run.message
    assert Race.objects.count() == 3
    states = list(run.checkpoints.order_by("number").values_list("state", flat=True))
    assert states == ["done"] * 3 + ["cancelled"] * (RACES - 3)


@pytest.mark.django_db
def test_cancelled_run_keeps_what_it_committed(run):
    def cancel(claim: Any) -> None:
        actions.cancel_runs([run], by=None)

    conductor.run_lane(run, lane=Lane(name="test", on_race=cancel))
    conductor.end_run(run)

    run.refresh_from_db()
    assert (run.state, Race.objects.count()) == ("cancelled", 1)


@pytest.mark.django_db
def test_lane_whose_lease_was_taken_over_cannot_commit(run):
    stale = checkpoint.claim_race(run.pk, owner="stale")
    assert stale
    RaceCheckpoint.objects.filter(pk=stale.id).update(lease_until="2020-01-01T00:00Z")

    fresh = checkpoint.claim_race(run.pk, owner="fresh")

    assert fresh
    assert (fresh.id, fresh.epoch) == (stale.id, stale.epoch + 1)
    timer = Laptimer()
    timer.parts = {"fetch": 0, "transform": 0, "write": 0}
    result = RaceResult(race_id=1, rows=Counts(), laps=Counts(), conflicts=0)
    with pytest.raises(LeaseLost):
        checkpoint.record_done(stale, result, timer=timer)


@pytest.mark.django_db
def test_race_that_is_done_is_not_claimed_again(run):
    conductor.run_lane(run, lane=Lane(name="test"))

    assert checkpoint.claim_race(run.pk, owner="late") is None


@pytest.mark.django_db(transaction=True)
def test_retryable_error_is_tried_again_and_a_lasting_one_fails(run, monkeypatch):
    calls = []

    def deadlock(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE deadlock_detected; END $$")

    monkeypatch.setattr(transactions, "write_race", deadlock)
    RaceCheckpoint.objects.filter(run=run).exclude(number=1).delete()

    conductor.run_lane(run, lane=Lane(name="test"))

    race = run.checkpoints.get()
    assert (len(calls), race.attempts, race.state) == (3, 3, "failed")
    assert (race.error_code, race.is_retryable) == ("retry_later", True)


@pytest.mark.django_db
def test_run_whose_staging_fails_is_failed_not_stuck(meeting, monkeypatch):
    registered = actions.register_paths([meeting], statement=Statement(source="test"))
    run = actions.start_run(registered, order=Order(trigger=ImportRun.Trigger.COMMAND))

    def boom(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(conductor, "plan_races", boom)
    with pytest.raises(RuntimeError):
        actions.prepare(run, owner="test")

    run.refresh_from_db()
    assert run.state == "failed"
    assert run.finished_at
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    assert not [name for name in tables if name.startswith("imports_staged")]


@pytest.mark.django_db
def test_run_keeps_the_flags_of_its_start(ingest, meeting):
    actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    run = ingest(meeting)

    actions.set_flag(Flag.WRITER, "merge", reason="", by=None)

    run.refresh_from_db()
    assert run.options["writer"] == "orm"


@pytest.mark.django_db
def test_same_bytes_twice_in_one_run_are_read_once(meeting):
    [registered] = actions.register_paths([meeting], statement=Statement(source="test"))
    twice = [registered, Registered(file=registered.file, name="copy.csv")]

    run = actions.start_run(twice, order=Order(trigger=ImportRun.Trigger.COMMAND))

    states = run.run_files.order_by("number").values_list("name", "state")
    assert list(states) == [("laps.csv", "waiting"), ("copy.csv", "duplicate")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.unverified(reason="a writer of no file puts a lap there")
def test_writer_without_the_lock_costs_a_retry_not_an_error(run):
    RaceCheckpoint.objects.filter(run=run).exclude(number=1).delete()
    meeting = Meeting.objects.get()
    race = Race.objects.create(meeting=meeting, key="1")
    entrant = Entrant.objects.create(race=race, key="7")
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    address = {name: parameters[name] for name in names if parameters.get(name)}
    with psycopg.connect(**address) as other, ThreadPoolExecutor() as threads:
        other.execute(
            "INSERT INTO races_lap (entrant_id, number, time_ms, columns, version)"
            " VALUES (%s, 2, 1, 1, %s)",
            [entrant.pk, ZERO_VERSION],
        )
        lane = threads.submit(_run_lane_and_close, run)
        _wait_until_blocked()
        other.commit()
        lane.result(timeout=30)

    checkpoint_row = run.checkpoints.get()
    assert (checkpoint_row.state, checkpoint_row.attempts) == ("done", 2)
    assert Lap.objects.get(entrant=entrant, number=2).time_ms == 60_002


def _run_lane_and_close(run: ImportRun) -> None:
    try:
        conductor.run_lane(run, lane=Lane(name="test"))
    finally:
        connection.close()


def _wait_until_blocked() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("The lane never waited for the other writer.")


@pytest.mark.django_db
def test_race_whose_lanes_keep_dying_is_quarantined(run):
    RaceCheckpoint.objects.filter(run=run).exclude(number=1).delete()
    for _ in range(3):
        assert checkpoint.claim_race(run.pk, owner="dies")
        RaceCheckpoint.objects.update(lease_until="2020-01-01T00:00Z")

    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)

    race = run.checkpoints.get()
    assert (race.state, race.error_code, race.attempts) == ("failed", "quarantined", 3)
    run.refresh_from_db()
    assert run.state == "failed"


@pytest.mark.django_db
def test_race_whose_lane_died_in_a_cancelled_run_is_cancelled(run):
    RaceCheckpoint.objects.filter(run=run).exclude(number=1).delete()
    assert checkpoint.claim_race(run.pk, owner="dies")
    RaceCheckpoint.objects.update(lease_until="2020-01-01T00:00Z")
    ImportRun.objects.filter(pk=run.pk).update(is_cancel_requested=True)

    conductor.run_lane(run, lane=Lane(name="test"))

    race = run.checkpoints.get()
    assert (race.state, race.error_code, race.message) == ("cancelled", "", "")


@pytest.mark.django_db
def test_mistake_of_ours_in_one_race_leaves_the_others_written(run, monkeypatch):
    write_race = transactions.write_race

    def stumble(key: Any, **rest: Any) -> Any:
        if key.race_key == "2":
            raise RuntimeError("a mistake of ours")
        return write_race(key, **rest)

    monkeypatch.setattr(transactions, "write_race", stumble)
    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)

    run.refresh_from_db()
    assert run.state == "partial"
    assert set(Race.objects.values_list("key", flat=True)) == set("1345678")
    assert run.checkpoints.get(race_key="2").error_code == "unexpected_failure"


@pytest.mark.django_db
def test_cancelling_a_run_whose_lanes_are_dead_ends_it(run):
    assert checkpoint.claim_race(run.pk, owner="dies")
    RaceCheckpoint.objects.filter(state="claimed").update(
        lease_until="2020-01-01T00:00Z"
    )

    actions.cancel_runs([run], by=None)

    run.refresh_from_db()
    assert run.state == "cancelled"
    states = set(run.checkpoints.values_list("state", flat=True))
    assert states == {"cancelled"}
