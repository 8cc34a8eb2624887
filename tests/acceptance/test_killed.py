"""A real process is killed by -9; --resume takes its run to the end of a straight one."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from imports.models import ImportRun
from races.models import Lap
from tests import state
from tests.conftest import SAMPLE

PATIENCE_SECONDS = 60
PAST = "2020-01-01T00:00Z"
LAPS = 23_529
ARGUMENTS = ("ingest_races", str(SAMPLE), "--source=f1", "--observed-at=2023-01-01")

pytestmark = pytest.mark.django_db(transaction=True)


def _is_staging() -> bool:
    return ImportRun.objects.filter(state="staging", run_files__state="staged").exists()


def _is_writing() -> bool:
    return Lap.objects.exists()


@pytest.mark.parametrize("moment", [_is_staging, _is_writing])
def test_killed_run_goes_on_and_equals_a_straight_one(
    start: Any, moment: Callable[[], bool]
) -> None:
    straight = start(*ARGUMENTS)
    assert straight.wait(PATIENCE_SECONDS) == 0
    tables, rows = state.tables(), ImportRun.objects.get().rows
    state.clear()
    victim = start(*ARGUMENTS, "--concurrency=1", "--force")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not moment() and time.monotonic() < deadline:
        time.sleep(0.005)
    victim.kill()
    victim.wait()
    run = ImportRun.objects.latest()
    assert not run.is_final
    assert Lap.objects.count() < LAPS
    early = start("ingest_races", f"--resume={run.pk}")
    output, _ = early.communicate(timeout=PATIENCE_SECONDS)
    if moment is _is_staging:
        assert early.returncode == 2
        assert "is being worked on" in output
        # Time passes: nobody has given a sign of life for a lease.
        ImportRun.objects.filter(pk=run.pk).update(claimed_at=PAST)
    run.checkpoints.filter(state="claimed").update(lease_until=PAST)

    run.refresh_from_db()
    if not run.is_final:
        assert start("ingest_races", f"--resume={run.pk}").wait(PATIENCE_SECONDS) == 0

    run.refresh_from_db()
    assert (run.state, run.rows) == ("succeeded", rows)
    assert state.tables() == tables
    assert Lap.objects.count() == LAPS
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    assert not [name for name in names if f"_{run.pk}_" in name and "staged" in name]
