"""A task that prepares heeds its time between files: what is staged is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_q.models import OrmQ

from imports import actions
from imports.actions import Order
from imports.models import ImportRun, RunFile
from imports.pipeline import stage
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.run import run_lane
from imports.pipeline.staging_tables import StagingTables

FILES = 3

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(write_csv: Callable[..., Path]) -> ImportRun:
    paths = [
        write_csv(f"{n}.csv", "meeting,race,entrant,lap,time_ms", f"m,{n},7,1,60000")
        for n in range(FILES)
    ]
    files = actions.register_paths(paths, statement=Statement(source="test"))
    return actions.start_run(files, order=Order(trigger=ImportRun.Trigger.API))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of the files that are read, in their order."""
    names: list[str] = []
    read_file = stage._read_file

    def note(file: RunFile, *args: Any, **kwargs: Any) -> Any:
        names.append(file.name)
        return read_file(file, *args, **kwargs)

    monkeypatch.setattr(stage, "_read_file", note)
    return names


def prepare(run: ImportRun, read: list[str], *, until: int, owner: str) -> bool:
    run.refresh_from_db()
    return actions.prepare(run, owner=owner, is_time_up=lambda: len(read) >= until)


def staged_tables() -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if name.startswith("imports_staged_")]


def test_run_is_handed_back_and_rung_for(run, read):
    assert not prepare(run, read, until=1, owner="first")

    run.refresh_from_db()
    assert (run.state, run.owner, run.epoch, run.attempts) == ("queued", "", 1, 0)
    assert OrmQ.objects.count() == 1
    assert run.rung_at is not None


def test_no_file_is_read_twice(run, read):
    for until in range(1, FILES + 1):
        assert not actions.sweep().dropped
        is_ready = prepare(run, read, until=until, owner=f"owner-{until}")
    assert not is_ready or len(read) == FILES

    run.refresh_from_db()
    if run.state == "queued":
        assert prepare(run, read, until=99, owner="last")
    run_lane(run, lane=Lane(name="test"))
    assert read == [f"{n}.csv" for n in range(FILES)]
    assert run.checkpoints.filter(state="done").count() == FILES


def test_handing_back_many_times_is_no_failure(run, read):
    for number in range(6):
        assert not prepare(run, read, until=0, owner=f"owner-{number}")

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("queued", 0)


def test_rows_of_half_a_file_are_not_taken_on(run, read):
    assert not prepare(run, read, until=2, owner="first")
    tables = StagingTables(run.pk, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {tables.laps} (file_number, row_number, meeting_key, race_key,"
            " entrant_key, number) VALUES (3, 1, 'm', '2', '7', 1)"
        )

    assert prepare(run, read, until=99, owner="second")

    assert len(read) == 2 + FILES
    assert StagingTables(run.pk, 2).counts() == {1: (1, 0), 2: (1, 0), 3: (1, 0)}


def test_owner_who_is_frozen_amid_a_file_is_not_waited_for(run, read):
    assert not prepare(run, read, until=2, owner="first")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            laps = StagingTables(run.pk, 1).laps
            cursor.execute(f"LOCK TABLE {laps} IN ROW EXCLUSIVE MODE")

        assert prepare(run, read, until=99, owner="second")
    finally:
        other.close()

    assert len(read) == 2 + FILES
    assert StagingTables(run.pk, 2).counts() == {1: (1, 0), 2: (1, 0), 3: (1, 0)}
