"""Runs that go on: after a death anywhere, what is in is what a straight run gives."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from imports import actions
from imports.actions import BatchOptions, Races
from imports.errors import LeaseLost
from imports.models import ImportRun, RaceCheckpoint, Rejection, RunFile
from imports.pipeline import checkpoint, stage, transactions
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.staging_tables import StagingTables
from races.models import Lap
from tests import state
from tests.integration.resume.steps import (
    RACES,
    expire,
    resume,
    straight,
    tables_of,
    write,
)

#: Not what a crash does, but what a mistake might.
LAST_RACE = f"DELETE FROM {{}} WHERE race_key = '{RACES}'"


class Killed(BaseException):
    """What ends a worker at once: nothing that it would still do is done."""


@pytest.mark.django_db
@pytest.mark.parametrize("races", range(RACES + 1))
def test_run_resumed_after_any_race_equals_a_straight_one(start, races):
    tables, rows = straight(start)
    run = start()
    assert actions.prepare(run, owner="dies")
    write(run, races=races)
    if races < RACES:
        assert checkpoint.claim_race(run.pk, owner="dies")
    expire(run)

    resume(run)

    assert run.state == "succeeded"
    assert state.tables() == tables
    assert run.rows == rows
    assert run.checkpoints.filter(state="done").count() == RACES
    assert tables_of(run) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "step", ["plan_races", "write_shared_rows", "_stage_and_plan", "stage_files"]
)
def test_run_killed_while_prepared_goes_on(start, monkeypatch, step):
    tables, rows = straight(start)
    run = start()

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(conductor, step, die)
        assert actions.claim_run(run)
        with pytest.raises(Killed):
            conductor.prepare_run(run)
    expire(run)

    resume(run)

    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    assert run.rejections.count() == 1


@pytest.mark.django_db
def test_staging_that_is_whole_is_taken_on_not_read_again(run):
    write(run, races=1)
    read = run.timings.filter(stage="stage").count()

    resume(run)

    assert run.state == "succeeded"
    assert run.timings.filter(stage="stage").count() == read
    assert tables_of(run) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loss", ["TRUNCATE {}", "DROP TABLE {}"])
def test_staging_lost_before_a_resume_is_staged_again(start, loss):
    tables, rows = straight(start)
    run = start()
    assert actions.prepare(run, owner="dies")
    write(run, races=1)
    staging = StagingTables(run.pk, run.epoch)
    _execute(loss.format(f"{staging.records}, {staging.laps}"))

    resume(run)

    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    assert run.timings.filter(stage="stage").count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loss", ["TRUNCATE {}", "DROP TABLE {}", LAST_RACE])
@pytest.mark.parametrize("lanes", [1, 3])
def test_staging_lost_under_the_lanes_is_staged_again_once(start, loss, lanes):
    tables, rows = straight(start)
    run = start()
    staging = StagingTables(run.pk, 1)
    lost: list[int] = []

    def lose(claim: Any) -> None:
        if not lost:
            lost.append(claim.number)
            named = f"{staging.records}, {staging.laps}"
            _execute(loss.format(staging.laps if loss == LAST_RACE else named))

    # The last attempt of every race: the loss must not burn it.
    assert actions.prepare(run, owner="test")
    run.checkpoints.update(attempts=2)
    options = BatchOptions(name="test", on_race=lose)
    actions.process_races(Races(run), max_concurrency=lanes, options=options)
    conductor.end_run(run)

    run.refresh_from_db()
    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    # Beside others, a race may have been written before it could be lost.
    assert run.epoch == 2 or (lanes > 1 and run.epoch == 1)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["staging", "recorded", "planned", "moved"])
def test_frozen_preparer_that_wakes_changes_nothing(start, monkeypatch, moment):
    tables, rows = straight(start)
    run = start()
    module, name = {
        "staging": (stage, "_copy_streams"),
        "recorded": (stage, "_record"),
        "planned": (conductor, "plan_races"),
        "moved": (conductor, "write_shared_rows"),
    }[moment]
    original = getattr(module, name)
    others: list[ImportRun] = []

    def freeze(*args: Any, **kwargs: Any) -> Any:
        if not others:
            others.append(run)
            with ThreadPoolExecutor() as threads:
                others.append(threads.submit(_take_over, run.pk).result(timeout=60))
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, freeze)
    with pytest.raises(LeaseLost):
        actions.prepare(run, owner="frozen")

    run.refresh_from_db()
    assert (run.state, run.epoch) == ("writing", 2)
    staging = StagingTables(run.pk, 2)
    assert stage.is_whole(run.pk, tables=staging)
    assert Rejection.objects.filter(run=run).count() == 1
    assert set(run.run_files.values_list("state", flat=True)) == {"staged"}
    conductor.run_lane(run, lane=Lane(name="test"))
    conductor.end_run(run)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    actions.sweep()
    assert tables_of(run) == []


def _take_over(run_id: int) -> ImportRun:
    """Find the owner dead and prepare its run, on a connection of one's own."""
    try:
        run = ImportRun.objects.get(pk=run_id)
        expire(run)
        assert actions.sweep().requeued == (run_id,)
        run.refresh_from_db()
        assert actions.prepare(run, owner="successor")
        return run
    finally:
        connection.close()


@pytest.mark.django_db
def test_failed_and_cancelled_races_wait_again_and_done_ones_stay(run, monkeypatch):
    write_race = transactions.write_race

    def refuse(key: Any, **rest: Any) -> Any:
        if key.race_key == "2":
            raise RuntimeError("a mistake of ours")
        return write_race(key, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(transactions, "write_race", refuse)
        write(run, races=4)
        actions.cancel_runs([run], by=None)
    run.refresh_from_db()
    assert run.state == "cancelled"
    done = dict(run.checkpoints.filter(state="done").values_list("pk", "finished_at"))
    epochs = dict(run.checkpoints.values_list("pk", "epoch"))
    assert len(done) < RACES

    resume(run)

    assert run.state == "succeeded"
    assert run.rows["inserted"] == RACES * 5
    assert Lap.objects.count() == RACES * 4
    for race in run.checkpoints.all():
        if race.pk in done:
            assert (race.finished_at, race.epoch) == (done[race.pk], epochs[race.pk])
        else:
            assert race.epoch > epochs[race.pk]
            assert (race.attempts, race.error_code) == (1, "")


@pytest.mark.django_db
def test_old_lane_of_a_resumed_run_stays_fenced(run):
    old = checkpoint.claim_race(run.pk, owner="old")
    assert old
    expire(run)

    resume(run)

    with pytest.raises(LeaseLost):
        checkpoint.lock_race(old)


@pytest.mark.django_db
def test_refused_files_stay_refused(ingest, files, write_csv):
    bad = write_csv("notes.csv", "hello,world", "1,2")
    run = ingest(*files, bad)
    assert run.state == "partial"
    run.checkpoints.filter(number=1).update(state="failed")

    resume(run)

    assert run.state == "partial"
    assert run.checkpoints.filter(state="done").count() == RACES
    assert run.run_files.get(name="notes.csv").state == RunFile.State.REJECTED


@pytest.mark.django_db
def test_interrupted_preparation_can_go_on(start, monkeypatch):
    run = start()

    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(conductor, "plan_races", interrupt)
        actions.work_run(run, options=BatchOptions(name="test"))
    run.refresh_from_db()
    assert (run.state, "--resume" in run.message) == ("cancelled", True)
    assert tables_of(run) == []

    resume(run)

    assert run.state == "succeeded"
    assert RaceCheckpoint.objects.filter(run=run, state="done").count() == RACES


@pytest.mark.django_db
def test_interrupted_lane_leaves_no_race_that_it_holds_unknown(start, monkeypatch):
    run = start()
    claim_races = checkpoint.claim_races

    def claim_and_interrupt(*args: Any, **kwargs: Any) -> None:
        assert claim_races(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "claim_races", claim_and_interrupt)
        actions.work_run(run, options=BatchOptions(name="test"))

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert set(run.checkpoints.values_list("state", flat=True)) == {"cancelled"}
