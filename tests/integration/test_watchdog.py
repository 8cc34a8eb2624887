"""The watchdog and its database: who is asked, who answers, who is started again."""

import signal
import threading
import time
from typing import Any

import pytest
from django.db import OperationalError
from django_q.models import OrmQ

from imports import actions, tasks
from imports.models import WorkerHeartbeat
from imports.watchdog import heartbeat, rounds, watchdog
from imports.watchdog.cluster import HEARTBEAT
from imports.watchdog.heartbeat import Heartbeat
from imports.watchdog.rounds import Rounds
from imports.watchdog.watchdog import Watchdog

PAST = "2020-01-01T00:00Z"


@pytest.fixture
def row(db: None) -> Heartbeat:
    row = Heartbeat()
    row.started(pid=1, restarts=0, message="")
    return row


@pytest.fixture
def as_worker_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that makes this process a worker of a cluster."""
    return lambda row: monkeypatch.setenv(HEARTBEAT, str(row.id))


def age(row: Heartbeat, **columns: Any) -> None:
    WorkerHeartbeat.objects.filter(pk=row.id).update(**columns)


def stored(row: Heartbeat) -> WorkerHeartbeat:
    return WorkerHeartbeat.objects.get(pk=row.id)


def test_canary_is_unanswered_until_a_worker_of_the_cluster_runs_it(row, as_worker_of):
    row.ask(by_ringing=True)
    age(row, asked_at=PAST)
    assert row.look().unanswered_seconds > 0
    assert OrmQ.objects.count() == 1

    as_worker_of(row)
    tasks.beat(row.id)

    assert row.look().unanswered_seconds == 0
    assert stored(row).state == "working"


def test_any_task_is_a_sign_of_life(row, as_worker_of):
    row.ask(by_ringing=True)
    as_worker_of(row)

    tasks.lane(0)

    assert row.look().unanswered_seconds == 0


def test_worker_that_works_for_long_beats_beside_it(row, as_worker_of, settings):
    as_worker_of(row)
    settings.IMPORTS_WATCHDOG_SECONDS = 0.1
    beats: list[int] = []

    def beat() -> bool:
        beats.append(1)
        return False

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(heartbeat, "beat", beat)
        with heartbeat.beating():
            deadline = time.monotonic() + 30
            while len(beats) < 3 and time.monotonic() < deadline:
                time.sleep(0.01)

    assert len(beats) >= 3


def test_task_does_not_wait_for_a_beat_that_waits_for_the_server(
    row, as_worker_of, settings, monkeypatch
):
    settings.IMPORTS_WATCHDOG_SECONDS = 0.06
    as_worker_of(row)
    is_beating, is_answered = threading.Event(), threading.Event()

    def beat() -> bool:
        if threading.current_thread() is not threading.main_thread():
            is_beating.set()
            is_answered.wait(60)
        return False

    monkeypatch.setattr(heartbeat, "beat", beat)
    monkeypatch.setattr(heartbeat, "STOP_SECONDS", 0.1)
    with heartbeat.beating():
        assert is_beating.wait(30)

    assert not is_answered.is_set()
    is_answered.set()


def test_canary_of_another_cluster_is_rung_again(row, as_worker_of):
    other = Heartbeat()
    other.started(pid=2, restarts=0, message="")
    other.ask(by_ringing=True)
    OrmQ.objects.all().delete()
    as_worker_of(row)

    tasks.beat(other.id)

    assert OrmQ.objects.count() == 1
    assert stored(row).beat_at is not None
    assert stored(other).beat_at is None


@pytest.mark.parametrize("why", ["old", "answered", "stopped", "gone"])
def test_canary_that_nobody_waits_for_ends(row, as_worker_of, why):
    other = Heartbeat()
    other.ask(by_ringing=False)
    if why == "old":
        age(other, asked_at=PAST)
    elif why == "answered":
        age(other, beat_at="2099-01-01T00:00Z")
    elif why == "stopped":
        other.moved("stopped")
    else:
        WorkerHeartbeat.objects.filter(pk=other.id).delete()
    as_worker_of(row)

    tasks.beat(other.id)

    assert not OrmQ.objects.exists()


def test_restart_forgets_what_was_asked(row):
    row.ask(by_ringing=False)
    age(row, asked_at=PAST)

    row.started(pid=9, restarts=1, message="why")

    assert row.look().unanswered_seconds == 0
    found = stored(row)
    assert (found.pid, found.restarts, found.message) == (9, 1, "why")


def test_row_that_was_removed_comes_back(row):
    WorkerHeartbeat.objects.all().delete()

    assert row.look().unanswered_seconds == 0

    assert stored(row).name


def test_rows_of_the_long_dead_are_removed(row):
    dead = Heartbeat()
    age(dead, seen_at=PAST)

    heartbeat.forget_the_dead()

    assert list(WorkerHeartbeat.objects.values_list("pk", flat=True)) == [row.id]


class FakeCluster:
    """Runs nothing; does what the test says."""

    started: list["FakeCluster"] = []

    def __init__(self, heartbeat_id: int) -> None:
        self.pid, self.seconds_lived = 4_000_000, 100.0
        self.is_killed = self.is_asked = False
        self.started.append(self)

    def is_over(self) -> bool:
        return self.is_killed or self.is_asked or self.dies

    dies = False

    def ask_to_stop(self) -> None:
        self.is_asked = True

    def kill(self) -> int:
        self.is_killed = True
        return -9


@pytest.fixture
def dog(db: None, monkeypatch: pytest.MonkeyPatch) -> Watchdog:
    FakeCluster.started = []
    monkeypatch.setattr(watchdog, "Cluster", FakeCluster)
    monkeypatch.setattr(watchdog, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.0)
    # The test's own transaction.
    monkeypatch.setattr(watchdog.connection, "close", lambda: None)
    monkeypatch.setattr(watchdog.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(Rounds, "__enter__", lambda self: self)
    return Watchdog()


def after(dog: Watchdog, starts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the watchdog be told to stop when it has started so many clusters."""
    start = FakeCluster.__init__

    def note(self: FakeCluster, heartbeat_id: int) -> None:
        start(self, heartbeat_id)
        if len(FakeCluster.started) == starts:
            dog._hear(signal.SIGTERM, None)

    monkeypatch.setattr(FakeCluster, "__init__", note)


def test_wedged_cluster_is_killed_and_started_again(dog, monkeypatch):
    after(dog, 2, monkeypatch)
    ask = Heartbeat.ask

    def long_ago(self: Heartbeat, *, by_ringing: bool) -> None:
        ask(self, by_ringing=by_ringing)
        if len(FakeCluster.started) == 1:
            age(self, asked_at=PAST)

    monkeypatch.setattr(Heartbeat, "ask", long_ago)

    dog.run()

    first, second = FakeCluster.started
    assert first.is_killed
    assert not first.is_asked
    assert second.is_asked
    found = WorkerHeartbeat.objects.get()
    assert (found.state, found.restarts) == ("stopped", 1)
    assert "sign of life" in found.message


def test_cluster_that_died_is_started_again(dog, monkeypatch):
    after(dog, 2, monkeypatch)
    monkeypatch.setattr(FakeCluster, "dies", True)
    monkeypatch.setattr(watchdog, "next_pause", lambda pause, *, lived: 0.0)

    dog.run()

    assert all(cluster.is_killed for cluster in FakeCluster.started)
    assert "exit code -9" in WorkerHeartbeat.objects.get().message


def test_silence_while_the_database_was_away_is_not_held_against_it(dog, monkeypatch):
    looks: list[float] = []
    look = Heartbeat.look

    def fail_then_look(self: Heartbeat) -> Any:
        looks.append(1)
        if len(looks) == 1:
            age(self, asked_at=PAST)
            raise OperationalError("the server is away")
        found = look(self)
        assert found.unanswered_seconds == 0
        dog._hear(signal.SIGTERM, None)
        return found

    monkeypatch.setattr(Heartbeat, "look", fail_then_look)

    dog.run()

    assert len(FakeCluster.started) == 1
    assert len(looks) >= 2


def test_second_signal_kills(dog, monkeypatch):
    monkeypatch.setattr(FakeCluster, "ask_to_stop", lambda self: dog._hear(15, None))
    after(dog, 1, monkeypatch)

    dog.run()

    [cluster] = FakeCluster.started
    assert cluster.is_killed


@pytest.mark.parametrize(
    ("error", "is_heard"), [(OperationalError("away"), False), (KeyError("x"), True)]
)
def test_errors_do_not_end_the_rounds(monkeypatch, error, is_heard):
    def fail() -> None:
        raise error

    monkeypatch.setattr(actions, "watch", fail)
    monkeypatch.setattr(rounds.connection, "close", lambda: None)

    assert Rounds()._watch() == is_heard


def test_cluster_that_works_needs_no_canary(row, as_worker_of):
    as_worker_of(row)
    assert row.look().quiet_seconds is None

    heartbeat.beat()
    assert row.look().quiet_seconds < 60

    age(row, beat_at=PAST)
    assert row.look().quiet_seconds > 60


@pytest.mark.parametrize(
    ("state", "is_stopping"),
    [("starting", False), ("working", False), ("stopping", True)],
)
def test_task_hears_that_its_cluster_is_to_stop(row, as_worker_of, state, is_stopping):
    as_worker_of(row)
    row.moved(state)

    with heartbeat.beating() as pulse:
        options = tasks._options(pulse)

    assert options.is_time_up() == is_stopping
