"""Clusters as processes: nothing of one is left."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imports.watchdog import orphans
from imports.watchdog.cluster import HEARTBEAT, WATCHDOG, Cluster
from tests.faults.processes import children, is_alive, wait_for

#: A main process with a child that ignores SIGTERM; it ends by SIGTERM itself.
MAIN = """
import os, pathlib, signal, time
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pathlib.Path("child").write_text(str(os.getpid()))
    time.sleep(60)
pathlib.Path("told").write_text(os.environ["{heartbeat}"] + " " + os.environ["{watchdog}"])
signal.pause()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux kills orphans")


@pytest.fixture
def start(
    tmp_path: Path, settings: Any, monkeypatch: Any
) -> Iterator[Callable[[], Cluster]]:
    text = MAIN.format(heartbeat=HEARTBEAT, watchdog=WATCHDOG)
    (tmp_path / "manage.py").write_text(text)
    settings.BASE_DIR = tmp_path
    monkeypatch.chdir(tmp_path)
    started: list[Cluster] = []

    def start_cluster() -> Cluster:
        started.append(Cluster(7))
        wait_for(lambda: (tmp_path / "told").exists(), "it has started")
        wait_for(lambda: (tmp_path / "child").exists(), "its child has started")
        return started[-1]

    yield start_cluster
    for cluster in started:
        cluster.kill()


def test_cluster_knows_its_heartbeat_and_its_watchdog(start, tmp_path):
    start()

    assert (tmp_path / "told").read_text() == f"7 {os.getpid()}"


def test_stop_is_said_to_the_main_process_alone(start, tmp_path):
    cluster = start()
    child = int((tmp_path / "child").read_text())

    cluster.ask_to_stop()

    wait_for(cluster.is_over, "the main process ends")
    assert is_alive(child)


def test_what_a_dead_main_process_left_is_killed(start, tmp_path):
    cluster = start()
    child = int((tmp_path / "child").read_text())
    os.kill(cluster.pid, signal.SIGKILL)
    wait_for(cluster.is_over, "the main process is dead")
    assert is_alive(child)

    code = cluster.kill()

    assert code == -signal.SIGKILL
    wait_for(lambda: not is_alive(child), "the child is dead")
    assert cluster.kill() == code


def _fork(do: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            do()
            time.sleep(60)
        finally:
            os._exit(3)
    return pid


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_grandchildren_die_with_their_parents():
    def with_grandchild() -> None:
        orphans.forks_die_with_us()
        _fork(lambda: _fork(lambda: None))

    top = _fork(with_grandchild)
    wait_for(lambda: children(top) and children(children(top)[0]), "all have started")
    [middle] = children(top)
    [bottom] = children(middle)

    _kill(top)

    wait_for(lambda: not is_alive(middle), "the child is dead")
    wait_for(lambda: not is_alive(bottom), "the grandchild is dead")


def test_who_asks_after_its_parent_is_gone_ends_at_once():
    pid = _fork(lambda: orphans.die_with_parent(parent=1))

    _, status = os.waitpid(pid, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
