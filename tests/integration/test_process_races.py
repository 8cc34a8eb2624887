"""Five races at once: settled results and typed errors apart, within the pool."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from imports import actions
from imports.actions import BatchOptions, Order, Races
from imports.models import ImportRun
from imports.pipeline import run as conductor
from imports.pipeline import session, slots, transactions
from imports.pipeline.manifest import Statement
from races.models import Lap

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "meeting,race,entrant,lap,time_ms"
RACES = 5
LAPS = 40
OPTIONS = BatchOptions(name="test")


@pytest.fixture
def prepare(write_csv: Any) -> Callable[..., ImportRun]:
    """Give a function that prepares a run of races of 40 laps."""

    def prepare_races(races: int = RACES, *, source: str = "test") -> ImportRun:
        rows = [
            f"ashford,{race},{car},{lap},{60_000 + lap}"
            for race in range(1, races + 1)
            for car in (7, 8)
            for lap in range(1, LAPS // 2 + 1)
        ]
        path = write_csv(f"{source}.csv", HEADER, *rows)
        files = actions.register_paths([path], statement=Statement(source=source))
        run = actions.start_run(files, order=Order(trigger="command"))
        assert actions.prepare(run, owner="test")
        return run

    return prepare_races


class Sampler:
    """Asks the server, beside the work, how many connections there are."""

    def __enter__(self) -> "Sampler":
        self.lanes: list[int] = []
        self.all: list[int] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._thread.join()

    def _sample(self) -> None:
        try:
            while not self._is_over.wait(0.002):
                self.lanes.append(session.lane_connections())
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT count(*) FROM pg_stat_activity "
                        "WHERE datname = current_database() "
                        "AND backend_type = 'client backend'"
                    )
                    # Without the sampler itself.
                    self.all.append(cursor.fetchone()[0] - 1)
        finally:
            connection.close()


@pytest.fixture
def break_race(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a function that makes a race fail in the middle of its transaction."""
    write = transactions.write_race

    def break_one(key: str) -> None:
        def fail(race: Any, **rest: Any) -> Any:
            result = write(race, **rest)
            if race.race_key == key:
                raise ZeroDivisionError("planted")
            return result

        monkeypatch.setattr(transactions, "write_race", fail)

    return break_one


def test_batch_of_five_is_written_within_the_pool(prepare):
    run = prepare()

    with Sampler() as sampler:
        batch = actions.process_races(Races(run), max_concurrency=5, options=OPTIONS)

    assert [race.claim.race_key for race in batch.done] == ["1", "2", "3", "4", "5"]
    assert batch.errors == ()
    assert sum(race.rows.inserted for race in batch.done) == RACES * LAPS
    assert Lap.objects.count() == RACES * LAPS
    assert batch.longest in batch.done
    assert 0 < batch.longest.total_ms / 1000 <= batch.seconds
    assert max(sampler.lanes) <= 5
    assert max(sampler.all) <= 10


def test_one_failing_race_leaves_four(prepare, break_race, settings):
    settings.IMPORTS_MAX_ATTEMPTS = 1
    run = prepare()
    break_race("3")

    batch = actions.process_races(Races(run), max_concurrency=5, options=OPTIONS)

    assert [race.claim.race_key for race in batch.done] == ["1", "2", "4", "5"]
    [failed] = batch.errors
    assert (failed.claim.race_key, failed.error.code) == ("3", "unexpected_failure")
    assert batch.retryable == 1
    assert Lap.objects.count() == 4 * LAPS
    assert not Lap.objects.filter(entrant__race__key="3").exists()
    assert conductor.end_run(run)
    assert run.state == "partial"


def test_race_that_another_attempt_wrote_is_no_error(prepare, monkeypatch):
    run = prepare()
    tries: list[str] = []
    write = transactions.write_race

    def fail_once(race: Any, **rest: Any) -> Any:
        tries.append(race.race_key)
        if tries.count("2") == 1 and race.race_key == "2":
            raise ZeroDivisionError("planted")
        return write(race, **rest)

    monkeypatch.setattr(transactions, "write_race", fail_once)

    batch = actions.process_races(Races(run), max_concurrency=2, options=OPTIONS)

    assert len(batch.done) == RACES
    assert batch.errors == ()
    assert tries.count("2") == 2


def test_only_the_races_asked_for_are_written(prepare):
    run = prepare()

    races = Races(run, numbers=frozenset({2, 4}))
    batch = actions.process_races(races, max_concurrency=5, options=OPTIONS)

    assert [race.claim.number for race in batch.done] == [2, 4]
    assert run.checkpoints.filter(state="waiting").count() == 3


def test_lanes_of_two_runs_share_the_pool(prepare, settings):
    settings.IMPORTS_DB_POOL_MAX = 3
    runs = [prepare(12, source="first"), prepare(12, source="second")]

    def work(run: ImportRun) -> actions.Batch:
        try:
            return actions.process_races(Races(run), max_concurrency=4, options=OPTIONS)
        finally:
            connection.close()

    with Sampler() as sampler, ThreadPoolExecutor(2) as threads:
        batches = list(threads.map(work, runs))

    assert [len(batch.done) for batch in batches] == [12, 12]
    assert max(sampler.lanes) == 3


def test_lane_without_a_slot_ends_with_the_work(prepare, settings):
    settings.IMPORTS_DB_POOL_MAX = 1
    run = prepare()
    release = threading.Event()
    taken = threading.Event()

    def hold_the_slot() -> None:
        assert slots.take()
        taken.set()
        release.wait(30)
        connection.close()

    def work() -> actions.Batch:
        try:
            return actions.process_races(Races(run), max_concurrency=1, options=OPTIONS)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(hold_the_slot)
        assert taken.wait(30)
        lane = threads.submit(work)
        time.sleep(0.1)
        assert not run.checkpoints.exclude(state="waiting").exists()
        ImportRun.objects.filter(pk=run.pk).update(is_cancel_requested=True)
        batch = lane.result(30)
        release.set()

    assert batch.done == ()
    assert not run.checkpoints.exclude(state="cancelled").exists()


def test_slot_goes_with_its_connection(prepare):
    assert slots.take()
    assert session.lane_connections() == 1

    connection.close()

    assert slots.take()
    slots.give_back()
    assert session.lane_connections() == 0


def test_log_tells_of_every_race_and_of_the_run(prepare, break_race, settings):
    settings.IMPORTS_MAX_ATTEMPTS = 1

    with capture_logs(processors=[merge_contextvars]) as lines:
        run = prepare()
        break_race("3")
        actions.process_races(Races(run), max_concurrency=1, options=OPTIONS)
        conductor.end_run(run)

    told: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        told.setdefault(line["event"], []).append(dict(line))
    [started] = told["run_started"]
    assert started["files"] == 1
    assert {line["race"] for line in told["race_done"]} == {
        f"ashford/{race}" for race in (1, 2, 4, 5)
    }
    assert all(line["run"] == run.pk for line in told["race_done"])
    [failed] = told["race_failed"]
    assert (failed["type"], failed["retryable"]) == ("unexpected_failure", True)
    [finished] = told["run_finished"]
    counts = [finished[name] for name in ("success", "failure", "retryable")]
    assert counts == [4, 1, 1]
    assert finished["longest_race"].startswith("ashford/")
    assert finished["longest_race_ms"] > 0


def test_cost_of_a_race_is_kept(prepare):
    run = prepare()

    actions.process_races(Races(run), max_concurrency=2, options=OPTIONS)

    for race in run.checkpoints.all():
        assert race.queries >= 5
    assert run.checkpoints.get(number=1).connections >= 1


def test_lane_leaves_nothing_set_on_its_connection(prepare):
    run = prepare()
    assert run.options["synchronous_commit"] == "off"
    before = _settings_of_session()

    actions.process_races(
        Races(run, frozenset({1})), max_concurrency=1, options=OPTIONS
    )

    assert _settings_of_session() == before


def _settings_of_session() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE source = 'session'"
            " AND setting IS DISTINCT FROM reset_val ORDER BY name"
        )
        return cursor.fetchall()
