"""A paused run is left alone by everybody, until somebody continues it."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django_q.models import OrmQ

from imports import actions, report, tasks
from imports.actions import Order
from imports.errors import RunNotPausable
from imports.flags import Flag
from imports.models import ImportRun, RunFile
from imports.pipeline import stage
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.run import run_lane

HEADER = "meeting,race,entrant,lap,time_ms"
RACES = 4
PAST = "2020-01-01T00:00Z"

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(write_csv: Callable[..., Path]) -> list[Path]:
    return [
        write_csv(f"laps-{race}.csv", HEADER, f"ashford,{race},7,1,60000")
        for race in range(1, RACES + 1)
    ]


@pytest.fixture
def run(files: list[Path]) -> ImportRun:
    registered = actions.register_paths(files, statement=Statement(source="test"))
    order = Order(trigger=ImportRun.Trigger.API)
    return actions.start_run(registered, order=order, in_queue=True)


def lane_that_pauses(run: ImportRun, *, after: int) -> Lane:
    settled: list[Any] = []

    def on_race(claim: Any) -> None:
        settled.append(claim)
        if len(settled) == after:
            actions.pause_run(run, by=None)

    return Lane(name="paused", on_race=on_race)


def long_ago(run: ImportRun) -> None:
    ImportRun.objects.filter(pk=run.pk).update(
        created_at=PAST, claimed_at=PAST, heartbeat_at=PAST, rung_at=PAST
    )
    OrmQ.objects.all().delete()


def test_queued_run_waits_and_goes_on(run):
    actions.pause_run(run, by=None)
    long_ago(run)

    tasks.work(run.pk)
    assert not actions.sweep()
    run.refresh_from_db()
    assert (run.state, run.epoch) == ("queued", 0)

    actions.continue_run(run, by=None)
    assert OrmQ.objects.count() == 1
    tasks.work(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded"


def test_lane_stops_after_the_race_in_work(run):
    assert actions.prepare(run, owner="test")

    run_lane(run, lane=lane_that_pauses(run, after=2))

    long_ago(run)
    run.checkpoints.filter(state="done").update(claimed_at=PAST, finished_at=PAST)
    tasks.lane(run.pk)
    assert not actions.sweep()
    run.refresh_from_db()
    assert run.state == "writing"
    states = run.checkpoints.order_by("number").values_list("state", flat=True)
    assert list(states) == ["done", "done", "waiting", "waiting"]

    actions.continue_run(run, by=None)
    tasks.lane(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded"


def test_files_in_work_are_finished_and_kept(run, monkeypatch):
    staged: list[str] = []
    read = stage._read_file

    def read_and_pause(file: RunFile, *args: Any, **kwargs: Any) -> Any:
        staged.append(file.name)
        if len(staged) == 2:
            actions.pause_run(run, by=None)
        return read(file, *args, **kwargs)

    monkeypatch.setattr(stage, "_read_file", read_and_pause)
    OrmQ.objects.all().delete()

    tasks.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("queued", 0)
    assert run.run_files.filter(state="staged").count() == 2
    assert not OrmQ.objects.exists()

    actions.continue_run(run, by=None)
    tasks.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.laps["inserted"]) == ("succeeded", RACES)
    # None was read twice.
    assert staged == [f"laps-{race}.csv" for race in range(1, RACES + 1)]


@pytest.mark.parametrize("by", ["cancel", "switch"])
def test_cancel_and_kill_switch_are_heeded_between_files(run, monkeypatch, by):
    read = stage._read_file
    staged: list[str] = []

    def read_and_stop(file: RunFile, *args: Any, **kwargs: Any) -> Any:
        staged.append(file.name)
        if by == "cancel":
            actions.cancel_runs([run], by=None)
        else:
            actions.set_flag(Flag.INGEST_ENABLED, "off", reason="test", by=None)
        return read(file, *args, **kwargs)

    monkeypatch.setattr(stage, "_read_file", read_and_stop)

    tasks.work(run.pk)

    run.refresh_from_db()
    assert (run.state, len(staged)) == ("cancelled", 1)
    assert run.message == (
        "Cancelled by the system."
        if by == "cancel"
        else "Ingestion is switched off by the flag ingest_enabled. Switch it on to go on."
    )


def test_paused_run_whose_preparer_dies_stays_paused(run):
    assert actions.claim_run(run, owner="dead")
    actions.pause_run(run, by=None)
    long_ago(run)

    assert actions.sweep().requeued == (run.pk,)

    assert not OrmQ.objects.exists()
    assert not actions.sweep()


def test_paused_run_can_be_cancelled(run):
    actions.pause_run(run, by=None)

    actions.cancel_runs([run], by=None)

    run.refresh_from_db()
    assert (run.state, run.is_held_up) == ("cancelled", False)


def test_resume_of_a_paused_run_continues_it(run):
    actions.pause_run(run, by=None)

    actions.resume_run(run, by=None)

    run.refresh_from_db()
    assert not run.is_paused


@pytest.mark.parametrize("state", ["over", "cancelling", "paused"])
def test_run_that_cannot_be_paused_says_why(run, state):
    if state == "over":
        tasks.work(run.pk)
    elif state == "paused":
        actions.pause_run(run, by=None)
    else:
        ImportRun.objects.filter(pk=run.pk).update(is_cancel_requested=True)

    with pytest.raises(RunNotPausable, match=f"Run {run.pk} is"):
        actions.pause_run(run, by=None)


def test_run_that_is_not_paused_cannot_be_continued(run):
    with pytest.raises(RunNotPausable, match="is not paused"):
        actions.continue_run(run, by=None)


def test_command_whose_run_is_paused_says_how_to_go_on(files, monkeypatch):
    read = stage._read_file

    def read_and_pause(file: RunFile, *args: Any, **kwargs: Any) -> Any:
        if not file.run.is_paused and file.number == 1:
            actions.pause_run(file.run, by=None)
        return read(file, *args, **kwargs)

    monkeypatch.setattr(stage, "_read_file", read_and_pause)
    out = StringIO()

    with pytest.raises(SystemExit) as ending:
        call_command("ingest_races", *map(str, files), concurrency="1", stdout=out)

    run = ImportRun.objects.get()
    assert ending.value.code == report.SOME_NOT_IN
    assert f"Run {run.pk} is paused" in out.getvalue()
    assert f"ingest_races --resume {run.pk}" in out.getvalue()

    call_command("ingest_races", resume=run.pk, stdout=StringIO())
    run.refresh_from_db()
    assert run.state == "succeeded"
