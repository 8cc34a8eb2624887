"""Each fault once: break it, wait until all is well, give the seconds that it took.

What is amiss afterwards raises AssertionError.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django_q.models import OrmQ

from imports.models import ImportRun, WorkerHeartbeat
from tests.faults.processes import PROJECT, QUICK, Watched, is_alive, wait_for
from tests.faults.runs import amiss, claims_per_race, queue_runs, wait_for_end

Figures = dict[str, float]
#: Of a run that no worker may finish: it is ended after so many attempts.
ATTEMPTS = 3


@dataclass(frozen=True)
class Stage:
    """Where faults are played: the environment of processes, a folder for files."""

    environment: Mapping[str, str]
    folder: Path

    def watched(self, **more: str) -> Watched:
        """Start a watchdog with its cluster."""
        return Watched({**self.environment, **more}, log=self.folder / "worker.log")


def wedge(stage: Stage) -> Figures:
    """kill -9 of all idle workers: the cluster looks healthy and runs nothing."""
    watched = stage.watched().wait_until_up()
    try:
        _kill(*watched.workers)
        began = time.monotonic()
        runs = queue_runs(stage.folder, 3)
        wait_for_end(runs)
        took = time.monotonic() - began
        row = WorkerHeartbeat.objects.latest()
        assert row.restarts >= 1, f"It was no wedge.\n{watched.output()}"
        assert "sign of life" in row.message
        _assert_well(runs)
        return {"recovery": took}
    finally:
        watched.end()


def dead_main(stage: Stage) -> Figures:
    """kill -9 of the cluster's main process."""
    return _orphans(stage, lambda watched: _kill(watched.main))


def dead_sentinel(stage: Stage) -> Figures:
    """kill -9 of the sentinel: pusher and workers would go on as orphans."""
    return _orphans(stage, lambda watched: _kill(watched.sentinel))


def dead_watchdog(stage: Stage) -> Figures:
    """kill -9 of the watchdog, and another is started, as systemd does."""
    return _orphans(stage, lambda watched: watched.kill_watchdog(), is_watchdog=True)


def _orphans(
    stage: Stage, strike: Callable[[Watched], None], *, is_watchdog: bool = False
) -> Figures:
    watched = stage.watched().wait_until_up()
    second: Watched | None = None
    try:
        runs = queue_runs(stage.folder, 3, races=2)
        before = watched.below
        began = time.monotonic()
        strike(watched)
        wait_for(
            lambda: not any(map(is_alive, before)),
            f"orphans of {watched.pid} are gone",
        )
        gone = time.monotonic() - began
        second = stage.watched() if is_watchdog else None
        wait_for_end(runs)
        took = time.monotonic() - began
        _assert_well(runs)
        return {"orphans_gone": gone, "recovery": took}
    finally:
        watched.end()
        if second:
            second.end()


def two_clusters(stage: Stage) -> Figures:
    """Two clusters and two commands at once: each race is claimed once."""
    clusters = [stage.watched(), stage.watched()]
    try:
        runs = queue_runs(stage.folder, 6, races=4)
        paths = sorted(stage.folder.glob("laps-*.csv"))
        commands = [
            subprocess.Popen(
                [sys.executable, "manage.py", "ingest_races", *paths, "--source=cron"],
                cwd=PROJECT,
                env={**stage.environment, **QUICK},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        began = time.monotonic()
        wait_for_end(runs)
        took = time.monotonic() - began
        codes = [command.wait(90) for command in commands]
        assert set(codes) <= {0, 1}, codes
        _assert_well(runs)
        assert claims_per_race(runs) == 1
        return {"all_done": took}
    finally:
        for cluster in clusters:
            cluster.end()


def emptied_queue(stage: Stage) -> Figures:
    """The queue's table is truncated while runs wait in it."""
    runs = queue_runs(stage.folder, 3)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_q_ormq")
    assert not OrmQ.objects.exists()
    return _until_done(stage, runs)


def changed_key(stage: Stage) -> Figures:
    """SECRET_KEY is changed while tasks wait: django-q deletes them."""
    runs = queue_runs(stage.folder, 3)
    return _until_done(stage, runs, SECRET_KEY="another-key-" + "x" * 50)


def _until_done(stage: Stage, runs: list[ImportRun], **more: str) -> Figures:
    began = time.monotonic()
    watched = stage.watched(**more)
    try:
        wait_for_end(runs)
        _assert_well(runs)
        return {"recovery": time.monotonic() - began}
    finally:
        watched.end()


def poison(stage: Stage) -> Figures:
    """A run whose worker dies each time it takes it on, and others behind it."""
    watched = stage.watched().wait_until_up()
    try:
        [bad] = queue_runs(stage.folder, 1)
        others = queue_runs(stage.folder, 4)
        began = time.monotonic()
        delays: list[float] = []
        deaths = 0
        while not ImportRun.objects.get(pk=bad.pk).is_final:
            deaths += _kill_who_has(bad)
            left = ImportRun.objects.unfinished()
            if not delays and not left.exclude(pk=bad.pk).exists():
                delays.append(time.monotonic() - began)
            assert time.monotonic() - began < 120, watched.output()
            time.sleep(0.002)
        took = time.monotonic() - began
        wait_for_end(others)
        delays.append(time.monotonic() - began)
        bad.refresh_from_db()
        assert (bad.state, bad.attempts) == ("failed", ATTEMPTS), bad.message
        _assert_well(others)
        return {"others_done": delays[0], "quarantined": took, "deaths": deaths}
    finally:
        watched.end()


def _kill_who_has(run: ImportRun) -> int:
    """Kill the worker that prepares the run: its owner says its number."""
    row = ImportRun.objects.filter(pk=run.pk, state__in=["staging", "planned"])
    owner = row.values_list("owner", flat=True).first()
    if not owner or not owner.startswith("queue-"):
        return 0
    pid = int(owner.removeprefix("queue-").partition("@")[0])
    if not is_alive(pid):
        return 0
    _kill(pid)
    return 1


def backlog(stage: Stage, *, number: int = 200) -> Figures:
    """Many small runs wait, all but five without a ring."""
    runs = queue_runs(stage.folder, number)
    OrmQ.objects.exclude(pk__in=OrmQ.objects.order_by("pk")[:5]).delete()
    watched = stage.watched()
    rings = 0
    try:
        began = time.monotonic()
        mine = ImportRun.objects.filter(pk__in=[run.pk for run in runs])
        while mine.unfinished().exists():
            rings = max(rings, OrmQ.objects.count())
            assert time.monotonic() - began < 20 * number, watched.output()
            time.sleep(0.1)
        took = time.monotonic() - began
        _assert_well(runs)
        return {"runs_a_second": number / took, "most_tasks_waiting": rings}
    finally:
        watched.end()


def _kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _assert_well(runs: list[ImportRun]) -> None:
    found: list[Any] = amiss(runs)
    assert not found, found
