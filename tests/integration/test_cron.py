"""The command beside itself: one a source at a time, its exit codes, what it says."""

import json
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from imports import actions
from imports.flags import Flag
from imports.models import ImportRun
from imports.pipeline import source_lock
from imports.pipeline.source_lock import SourceLock
from races.models import Lap

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "meeting,race,entrant,lap,time_ms"
PATIENCE_SECONDS = 30


@pytest.fixture
def laps(write_csv) -> Path:
    return write_csv("laps.csv", HEADER, "ashford,1,7,1,61000", "ashford,1,7,2,60500")


@pytest.fixture
def held() -> Iterator[SourceLock]:
    """The lock of the source `club`, as another command holds it."""
    lock = SourceLock("club")
    assert lock.take() is None
    with lock:
        yield lock


def _ingest(*paths: Path, **options: Any) -> tuple[int, str, str]:
    """Run the command; give its exit code and what it said on stdout and stderr."""
    out, err = StringIO(), StringIO()
    given = {"concurrency": "1", "source": "club"} | options
    try:
        call_command("ingest_races", *map(str, paths), stdout=out, stderr=err, **given)
    except SystemExit as error:
        return int(str(error.code)), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def _backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
            " AND datname = current_database()",
            [source_lock.NAME],
        )
        return [pid for (pid,) in cursor.fetchall()]


def _end_backends() -> None:
    for pid in _backends():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def _wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_second_command_of_a_source_says_so_and_does_nothing(laps, held):
    code, out, err = _ingest(laps)

    assert (code, out) == (0, "")
    assert "Another ingest_races works on source club since 2" in err
    assert "nothing was done" in err
    assert not ImportRun.objects.exists()


def test_second_command_says_so_in_json(laps, held):
    code, out, _ = _ingest(laps, json=True)

    result = json.loads(out)
    assert (code, result["state"], result["run"]) == (0, "locked", None)
    assert "since" in result["message"]


@pytest.mark.parametrize(
    "options",
    [{"source": "other"}, {"queue": True}, {"dry_run": True}, {"beside": True}],
)
def test_command_that_does_not_overlap_is_not_refused(laps, held, options):
    code, out, _ = _ingest(laps, json=True, **options)

    assert (code, json.loads(out)["state"] != "locked") == (0, True)
    assert ImportRun.objects.count() == 1


def test_resume_is_not_refused(laps, held):
    _ingest(laps, queue=True)
    run = ImportRun.objects.get()

    code, _, _ = _ingest(resume=run.pk, source=None, concurrency=None)

    run.refresh_from_db()
    assert (code, run.state) == (0, "succeeded")


def test_wrong_options_are_told_whoever_works(laps, held):
    code, _, err = _ingest(laps, priority=70_000)

    assert code == 2
    assert "0 to 65534" in err


def test_waiting_command_works_when_the_other_is_done(laps):
    other = SourceLock("club")
    assert other.take() is None
    timer = threading.Timer(0.2, other.__exit__, (None, None, None))
    timer.start()

    code, _, _ = _ingest(laps, wait=PATIENCE_SECONDS)

    timer.join()
    assert (code, Lap.objects.count()) == (0, 2)


def test_lock_goes_with_the_command(laps):
    for _ in range(2):
        code, _, err = _ingest(laps)
        assert (code, err) == (0, "")
    _wait_for(lambda: not _backends())


def test_lost_lock_is_taken_again_and_nothing_else_happens(held, settings, laps):
    settings.IMPORTS_LEASE_SECONDS = 0.3
    lock = SourceLock("quick")
    assert lock.take() is None
    with lock:
        before = set(_backends())
        _end_backends()
        _wait_for(lambda: set(_backends()) - before)
        _wait_for(lambda: SourceLock("quick").take() is not None)

        code, _, _ = _ingest(laps, source="third")

    assert (code, Lap.objects.count()) == (0, 2)


def test_command_whose_lock_is_lost_goes_on_beside_the_next(
    laps, monkeypatch, settings
):
    settings.IMPORTS_LEASE_SECONDS = 3
    watch, taken = actions.watch, []

    def lose_it() -> Any:
        _end_backends()
        other = SourceLock("club")
        assert other.take() is None
        taken.append(other)
        # The first asks for it again, in vain.
        time.sleep(0.8)
        return watch()

    monkeypatch.setattr(actions, "watch", lose_it)
    code, _, _ = _ingest(laps)
    taken[0].__exit__(None, None, None)

    assert (code, Lap.objects.count()) == (0, 2)


def test_lock_of_a_frozen_command_is_taken_from_it(laps, settings, monkeypatch):
    """As SIGSTOP does: its connection stands, and says nothing."""
    monkeypatch.setattr(SourceLock, "_beat_on", lambda self: None)
    frozen = SourceLock("club")
    assert frozen.take() is None
    monkeypatch.undo()
    with frozen:
        assert "nothing was done" in _ingest(laps)[2]
        settings.IMPORTS_LEASE_SECONDS = 0.3
        time.sleep(0.4)

        code, _, err = _ingest(laps)

    assert (code, err, Lap.objects.count()) == (0, "", 2)


def test_fail_on_gives_codes_of_its_own(laps, write_csv):
    bad = write_csv("bad.csv", HEADER, "ashford,2,7,1,soon", "ashford,2,7,2,60000")
    assert _ingest(bad)[0] == 0

    assert _ingest(bad, force=True, fail_on=["rejects"])[0] == 3
    assert _ingest(laps, fail_on=["rejects", "conflicts"])[0] == 0


def test_fail_on_conflicts_means_those_that_wait_for_a_person(laps, write_csv):
    _ingest(laps, observed_at="2024-01-01")
    names = [
        write_csv(f"{time_ms}.csv", HEADER, f"ashford,1,7,1,{time_ms}")
        for time_ms in (62_000, 63_000)
    ]

    settled = _ingest(names[0], observed_at="2024-01-02", fail_on=["conflicts"])
    actions.set_flag(Flag.CONFLICT_POLICY, "hold", reason="", by=None)
    held = _ingest(names[1], observed_at="2024-01-03", fail_on=["conflicts"])

    assert (settled[0], held[0]) == (0, 4)


def test_fail_on_cannot_wait_for_the_queue(laps):
    code, _, err = _ingest(laps, queue=True, fail_on=["rejects"])

    assert code == 2
    assert "--fail-on" in err


def test_quiet_command_speaks_only_where_something_is_wrong(laps, write_csv):
    assert _ingest(laps, quiet=True) == (0, "", "")

    bad = write_csv("notes.csv", "hello,world", "1,2")
    code, out, _ = _ingest(laps, bad, quiet=True)

    assert code == 1
    assert "notes.csv" in out


def test_database_that_stays_away_is_waited_for_and_code_75(
    laps, settings, monkeypatch
):
    settings.IMPORTS_RECONNECT_SECONDS = 0.5
    tries: list[float] = []

    def refuse(*args: Any) -> Any:
        tries.append(time.monotonic())
        raise OperationalError("refused") from psycopg.OperationalError("refused")

    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)

    code, out, err = _ingest(laps, json=True)

    monkeypatch.undo()
    assert code == 75
    assert json.loads(out)["state"] == "stopped"
    assert "was away for more than 0.5 s" in err
    # Back-off, no busy loop.
    assert 2 <= len(tries) <= 10
