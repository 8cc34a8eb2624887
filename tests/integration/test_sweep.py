"""What the dead left is swept up: once, by however many sweepers, and nobody alive."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.functions import Now
from django_q.models import OrmQ

from imports import actions, tasks
from imports.actions import Order
from imports.models import ImportRun
from imports.pipeline import checkpoint
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.sweep import Swept

RACES = 3
PAST = "2020-01-01T00:00Z"


@pytest.fixture
def start(write_csv: Callable[..., Path]) -> Callable[[], ImportRun]:
    rows = [f"ashford,{race},7,1,{60_000 + race}" for race in range(1, RACES + 1)]
    path = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *rows)

    def start_run() -> ImportRun:
        registered = actions.register_paths([path], statement=Statement(source="test"))
        trigger = ImportRun.Trigger.COMMAND
        return actions.start_run(registered, order=Order(trigger=trigger, force=True))

    return start_run


@pytest.fixture
def claimed(start: Callable[[], ImportRun]) -> ImportRun:
    """A run whose preparer died at once: it never beat."""
    run = start()
    assert actions.claim_run(run, owner="dead")
    assert run.heartbeat_at is None
    return run


@pytest.fixture
def prepared(start: Callable[[], ImportRun]) -> ImportRun:
    """A run whose races wait for lanes."""
    run = start()
    assert actions.prepare(run, owner="test")
    return run


def change(run: ImportRun, **values: Any) -> ImportRun:
    ImportRun.objects.filter(pk=run.pk).update(**values)
    run.refresh_from_db()
    return run


def staged_tables() -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if name.startswith("imports_staged_")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["staging", "planned"])
@pytest.mark.parametrize("beat", [None, PAST])
def test_run_whose_preparer_died_waits_for_a_worker_again(claimed, state, beat):
    change(claimed, state=state, claimed_at=PAST, heartbeat_at=beat)

    assert actions.sweep().requeued == (claimed.pk,)

    claimed.refresh_from_db()
    assert claimed.state == "queued"
    assert OrmQ.objects.count() == 1
    tasks.work(claimed.pk)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.epoch, claimed.attempts) == ("succeeded", 2, 2)


@pytest.mark.django_db
def test_run_without_any_time_but_its_creation_is_reaped_too(claimed):
    change(claimed, claimed_at=None, started_at=None, created_at=PAST)

    assert actions.sweep().requeued == (claimed.pk,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "alive",
    [
        {},
        {"claimed_at": PAST, "heartbeat_at": Now()},
        {"claimed_at": PAST, "state": "planned", "options": {"dry_run": True}},
        {"claimed_at": PAST, "state": "queued"},
    ],
)
def test_run_that_is_alive_or_waits_is_left_alone(claimed, alive):
    change(claimed, **alive)

    assert not actions.sweep()

    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_run_whose_preparers_keep_dying_is_given_up(claimed):
    change(claimed, claimed_at=PAST, attempts=3)

    assert actions.sweep().given_up == (claimed.pk,)

    claimed.refresh_from_db()
    assert (claimed.state, claimed.epoch) == ("failed", 1)
    assert "--resume" in claimed.message
    actions.resume_run(claimed, by=None)


@pytest.mark.django_db
def test_cancelled_run_whose_preparer_died_is_ended(claimed):
    actions.cancel_runs([claimed], by=None)
    change(claimed, claimed_at=PAST)

    assert actions.sweep().given_up == (claimed.pk,)

    claimed.refresh_from_db()
    assert (claimed.state, claimed.message) == ("cancelled", "Cancelled by the system.")


@pytest.mark.django_db
def test_run_whose_lanes_died_gets_one_lane(prepared):
    change(prepared, claimed_at=PAST)
    assert checkpoint.claim_race(prepared.pk, owner="dead")
    prepared.checkpoints.filter(state="claimed").update(
        lease_until=PAST, claimed_at=PAST
    )

    assert actions.sweep().rung == (prepared.pk,)
    assert not actions.sweep()

    assert OrmQ.objects.count() == 1
    tasks.lane(prepared.pk)
    prepared.refresh_from_db()
    assert prepared.state == "succeeded"


@pytest.mark.django_db
def test_run_with_a_lane_at_work_gets_none(prepared):
    change(prepared, claimed_at=PAST)
    assert checkpoint.claim_race(prepared.pk, owner="alive")

    assert not actions.sweep()


@pytest.mark.django_db
def test_third_dead_lane_quarantines_the_race_and_the_run_ends(prepared):
    prepared.checkpoints.exclude(number=1).delete()
    for _ in range(3):
        assert checkpoint.claim_race(prepared.pk, owner="dies")
        prepared.checkpoints.update(lease_until=PAST)

    assert actions.sweep().ended == (prepared.pk,)

    race = prepared.checkpoints.get()
    assert (race.state, race.error_code) == ("failed", "quarantined")
    prepared.refresh_from_db()
    assert prepared.state == "failed"


@pytest.mark.django_db
def test_run_whose_last_lane_died_before_its_end_is_ended(prepared):
    conductor.run_lane(prepared, lane=Lane(name="dies"))

    assert actions.sweep().ended == (prepared.pk,)

    prepared.refresh_from_db()
    assert (prepared.state, prepared.rows["inserted"]) == ("succeeded", RACES)


@pytest.mark.django_db
def test_cancelled_run_whose_lanes_died_later_is_ended(prepared):
    assert checkpoint.claim_race(prepared.pk, owner="dies")
    actions.cancel_runs([prepared], by=None)
    assert not actions.sweep()
    prepared.checkpoints.filter(state="claimed").update(lease_until=PAST)

    assert actions.sweep().ended == (prepared.pk,)

    prepared.refresh_from_db()
    assert prepared.state == "cancelled"


@pytest.mark.django_db
def test_staging_of_nobody_is_dropped_and_that_of_somebody_stays(prepared, start):
    over, queued = start(), start()
    change(over, state="failed", finished_at="2030-01-01T00:00Z")
    change(queued, epoch=5)
    leaked = [
        StagingTables(over.pk, 1),
        StagingTables(999_999, 1),
        StagingTables(prepared.pk, 0),
        StagingTables(queued.pk, 3),
    ]
    kept = [StagingTables(prepared.pk, 1), StagingTables(queued.pk, 5)]
    for tables in [*leaked, kept[1]]:
        tables.create()

    swept = actions.sweep()

    names = {name for tables in leaked for name in (tables.laps, tables.records)}
    assert names <= set(swept.dropped)
    assert not names & set(staged_tables())
    assert all(tables.do_stand for tables in kept)


@pytest.mark.django_db(transaction=True)
def test_ten_sweepers_at_once_do_what_one_does(start):
    dead, hopeless, cancelled, laneless, finished = (start() for _ in range(5))
    for run in (dead, hopeless, cancelled):
        actions.claim_run(run, owner="dead")
    for run in (laneless, finished):
        actions.prepare(run, owner="dead")
    conductor.run_lane(finished, lane=Lane(name="dies"))
    change(dead, claimed_at=PAST)
    change(hopeless, claimed_at=PAST, attempts=3)
    change(cancelled, claimed_at=PAST, is_cancel_requested=True)
    change(laneless, claimed_at=PAST)
    StagingTables(999_999, 1).create()
    together = Barrier(10)

    def sweep(_: int) -> Swept:
        try:
            together.wait(timeout=30)
            return actions.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        swept = list(threads.map(sweep, range(10)))

    assert [r for s in swept for r in s.requeued] == [dead.pk]
    assert sorted(r for s in swept for r in s.given_up) == [hopeless.pk, cancelled.pk]
    assert [r for s in swept for r in s.ended] == [finished.pk]
    assert [r for s in swept for r in s.rung] == [laneless.pk]
    assert OrmQ.objects.count() == 2
    actions.sweep()
    held = {f"imports_staged_{kind}_{laneless.pk}_1" for kind in ("laps", "records")}
    assert set(staged_tables()) == held


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_prepared", [False, True])
def test_sweep_does_not_wait_for_who_holds_a_run(start, is_prepared):
    run = start()
    _ = actions.prepare(run, owner="dead") if is_prepared else actions.claim_run(run)
    change(run, claimed_at=PAST)

    def sweep() -> Swept:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            return actions.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        ImportRun.objects.select_for_update().get(pk=run.pk)
        beside = thread.submit(sweep).result(timeout=60)

    assert not beside
    assert actions.sweep()


@pytest.mark.django_db
def test_command_says_what_it_swept_up(claimed, write_csv):
    change(claimed, claimed_at=PAST)
    path = write_csv("more.csv", "meeting,race,entrant,lap,time_ms", "wood,1,7,1,1")
    said = StringIO()

    call_command(
        "ingest_races", str(path), concurrency="1", stdout=StringIO(), stderr=said
    )

    assert f"run {claimed.pk} waiting for a worker again" in said.getvalue()
