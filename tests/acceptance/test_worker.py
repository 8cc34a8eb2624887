"""A real qcluster works what the admin and `--queue` leave to it."""

import signal
import time
from typing import Any

import pytest
from django.db import connection

from imports import actions
from imports.actions import Order
from imports.models import ImportRun
from imports.pipeline.manifest import Statement
from imports.pipeline.staging_tables import StagingTables
from races.models import Lap
from tests.conftest import SAMPLE

PATIENCE_SECONDS = 60

pytestmark = pytest.mark.django_db(transaction=True)


def _wait_for_end(run: ImportRun) -> ImportRun:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.is_final:
            return run
        time.sleep(0.2)
    raise AssertionError(f"{run} is still {run.state} after {PATIENCE_SECONDS} s")


def test_worker_takes_a_queued_season_to_its_end(start: Any) -> None:
    files = actions.register_paths(
        sorted(SAMPLE.glob("*.csv*")), statement=Statement(source="f1")
    )
    run = actions.start_run(
        files, order=Order(trigger=ImportRun.Trigger.ADMIN), in_queue=True
    )

    start("qcluster")
    _wait_for_end(run)

    assert run.state == "succeeded"
    assert run.laps["inserted"] == Lap.objects.count() == 23_529
    owners = set(run.checkpoints.values_list("owner", flat=True))
    assert all(owner.startswith("queue-") for owner in owners)
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    assert StagingTables(run.pk, run.epoch).laps not in tables


def test_killed_command_leaves_whole_races_and_can_be_run_again(start: Any) -> None:
    arguments = ("ingest_races", str(SAMPLE), "--source", "f1", "--concurrency", "1")
    victim = start(*arguments)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Lap.objects.count() == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    victim.kill()
    victim.wait()
    done = set(
        ImportRun.objects.get()
        .checkpoints.filter(state="done")
        .values_list("race_id", "laps_staged")
    )
    for race_id, staged in done:
        assert Lap.objects.filter(entrant__race_id=race_id).count() == staged
    whole = sum(staged for _, staged in done)
    assert Lap.objects.count() == whole

    again = start(*arguments)

    assert again.wait(PATIENCE_SECONDS) == 0
    assert Lap.objects.count() == 23_529


@pytest.mark.parametrize("lanes", ["1", "3"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_command_ends_its_run(start: Any, number: int, lanes: str) -> None:
    process = start("ingest_races", str(SAMPLE), "--source=f1", "--concurrency", lanes)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Lap.objects.count() == 0 and time.monotonic() < deadline:
        time.sleep(0.01)

    process.send_signal(number)

    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    run = ImportRun.objects.get()
    assert run.is_final
    assert "Traceback" not in output
    assert process.returncode == (0 if run.state == "succeeded" else 75)
    assert Lap.objects.count() == sum(
        race.lap_counts.inserted for race in run.checkpoints.all()
    )
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    assert StagingTables(run.pk, run.epoch).laps not in tables
