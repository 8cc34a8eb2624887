"""Runs that go on: after a death anywhere, what is in is what a straight run gives."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from imports import actions
from imports.actions import Order
from imports.errors import LeaseLost, RunNotResumable
from imports.flags import Flag
from imports.models import ImportRun, RaceCheckpoint, Rejection, RunFile
from imports.pipeline import checkpoint, stage
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.staging_tables import StagingTables
from races.models import Lap
from tests import state

HEADER = "meeting,race,entrant,lap,time_ms"
RACES = 4
PAST = "2020-01-01T00:00Z"


class Killed(BaseException):
    """What ends a worker at once: nothing that it would still do is done."""


@pytest.fixture
def files(write_csv: Callable[..., Path]) -> list[Path]:
    laps = [
        f"ashford,{race},{car},{lap},{60_000 + lap}"
        for race in range(1, RACES + 1)
        for car in (7, 8)
        for lap in (1, 2)
    ]
    stops = [f"ashford,{race},7,1,{25_000 + race}" for race in range(1, RACES + 1)]
    return [
        write_csv("laps.csv", HEADER, *laps, "ashford,1,9,1,never"),
        write_csv("stops.csv", "meeting,race,entrant,stop,duration_ms", *stops),
    ]


@pytest.fixture
def start(files: list[Path]) -> Callable[..., ImportRun]:
    """Give a function that makes a queued run of the files."""

    def start_run() -> ImportRun:
        registered = actions.register_paths(files, statement=Statement(source="test"))
        trigger = ImportRun.Trigger.COMMAND
        return actions.start_run(registered, order=Order(trigger=trigger, force=True))

    return start_run


@pytest.fixture
def run(start: Callable[..., ImportRun]) -> ImportRun:
    """A run that is prepared: its races wait for lanes."""
    run = start()
    assert actions.prepare(run, owner="test")
    return run


def straight(start: Callable[..., ImportRun]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the tables and totals of a run that nothing befell; empty the tables."""
    run = start()
    actions.work_run(run, lanes=[Lane(name="straight")])
    run.refresh_from_db()
    assert run.state == "succeeded"
    found = state.tables()
    state.clear()
    return found, run.rows


def resume(run: ImportRun) -> ImportRun:
    actions.resume_run(run, by=None)
    run.refresh_from_db()
    actions.work_run(run, lanes=[Lane(name="resumed")])
    run.refresh_from_db()
    return run


def write(run: ImportRun, *, races: int) -> None:
    """Write so many races and stop dead: the run is not ended."""
    settled: list[Any] = []
    lane = Lane(
        name="dies", is_time_up=lambda: len(settled) >= races, on_race=settled.append
    )
    conductor.run_lane(run, lane=lane)


def expire(run: ImportRun) -> None:
    """Let all leases of a run be out."""
    ImportRun.objects.filter(pk=run.pk).update(claimed_at=PAST, heartbeat_at=None)
    run.checkpoints.filter(state="claimed").update(lease_until=PAST)


def tables_of(run: ImportRun) -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if f"_{run.pk}_" in name and "staged" in name]


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
    "step", ["plan_races", "_write_shared_rows", "_stage_and_plan", "stage_files"]
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
    _execute(loss.format(f"{staging.laps}, {staging.records}"))

    resume(run)

    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    assert run.timings.filter(stage="stage").count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "loss", ["TRUNCATE {}", "DROP TABLE {}", "DELETE FROM {} LIMIT"]
)
@pytest.mark.parametrize("lanes", [1, 3])
def test_staging_lost_under_the_lanes_is_staged_again_once(start, loss, lanes):
    tables, rows = straight(start)
    run = start()
    staging = StagingTables(run.pk, 1)
    lost: list[int] = []

    def lose(claim: Any) -> None:
        if not lost:
            lost.append(claim.number)
            if "LIMIT" in loss:
                _execute(f"DELETE FROM {staging.laps} WHERE race_key = '{RACES}'")
            else:
                _execute(loss.format(f"{staging.laps}, {staging.records}"))

    # The last attempt of every race: the loss must not burn it.
    limit = [Lane(name=f"lane-{n}", on_race=lose) for n in range(lanes)]
    assert actions.prepare(run, owner=limit[0].owner)
    run.checkpoints.update(attempts=2)
    actions._run_lanes(run, limit)
    conductor.end_run(run)

    run.refresh_from_db()
    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    assert run.epoch == 2 or lanes > 1


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
        "moved": (conductor, "_write_shared_rows"),
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
    write_race = conductor.write_race

    def refuse(key: Any, **rest: Any) -> Any:
        if key.race_key == "2":
            raise RuntimeError("a mistake of ours")
        return write_race(key, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(conductor, "write_race", refuse)
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


def _command(**options: Any) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    try:
        call_command(
            "ingest_races", json=True, stdout=out, stderr=StringIO(), **options
        )
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.django_db(transaction=True)
def test_command_resumes_a_run(run):
    write(run, races=1)

    code, result = _command(resume=run.pk)

    assert (code, result["run"], result["state"]) == (0, run.pk, "succeeded")
    assert result["races"]["succeeded"] == RACES


@pytest.mark.django_db
def test_command_leaves_a_resumed_run_to_workers(run):
    expire(run)

    code, result = _command(resume=run.pk, queue=True)

    assert (code, result["state"]) == (0, "queued")


def _owned(run: ImportRun) -> None:
    actions.claim_run(run, owner="somebody")


def _written(run: ImportRun) -> None:
    actions.prepare(run, owner="somebody")
    assert checkpoint.claim_race(run.pk, owner="somebody")


def _done(run: ImportRun) -> None:
    actions.work_run(run, lanes=[Lane(name="test")])


def _dry(run: ImportRun) -> None:
    run.options["dry_run"] = True
    run.state = "planned"
    run.save()


def _switched_off(run: ImportRun) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("happen", "words"),
    [
        (_owned, r"being worked on \(somebody\).*try again in \d+ s"),
        (_written, r"being worked on.*try again in \d+ s"),
        (_done, "succeeded: nothing"),
        (_dry, "dry run that waits"),
        (_switched_off, "switched off"),
    ],
)
def test_run_that_cannot_be_resumed_is_refused_in_a_sentence(start, happen, words):
    run = start()
    happen(run)
    before = ImportRun.objects.filter(pk=run.pk).values().get()

    with pytest.raises(CommandError, match=words) as caught:
        _command(resume=run.pk)

    assert caught.value.returncode == 2
    assert ImportRun.objects.filter(pk=run.pk).values().get() == before


@pytest.mark.django_db
def test_run_of_which_only_files_are_missing_is_refused(ingest, files, write_csv):
    run = ingest(*files, write_csv("notes.csv", "hello,world", "1,2"))

    with pytest.raises(RunNotResumable, match="files that cannot be read"):
        actions.resume_run(run, by=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resume": 99_999}, "There is no run 99999"),
        ({"resume": 1, "writer": "orm", "force": True}, "leave out --writer, --force"),
        ({}, "or --resume RUN"),
    ],
)
def test_wrong_options_of_resume_are_named(options, words):
    with pytest.raises(CommandError, match=words) as caught:
        _command(**options)

    assert caught.value.returncode == 2


@pytest.mark.django_db
def test_interrupted_preparation_can_go_on(start, monkeypatch):
    run = start()

    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(conductor, "plan_races", interrupt)
        actions.work_run(run, lanes=[Lane(name="test")])
    run.refresh_from_db()
    assert (run.state, "--resume" in run.message) == ("cancelled", True)
    assert tables_of(run) == []

    resume(run)

    assert run.state == "succeeded"
    assert RaceCheckpoint.objects.filter(run=run, state="done").count() == RACES
