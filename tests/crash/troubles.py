"""Parts of the sweep in which nobody dies: the server is away, full or far, or many work.

Each says in figures what it cost: tries of a connection, seconds, rows a second.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg

from imports import tasks
from imports.models import ImportRun, RaceCheckpoint
from tests.crash.parts import Report, break_nothing, new_scene, play
from tests.crash.proxy import LossyProxy
from tests.crash.scene import Scene, Stage
from tests.crash.worker import Worker
from tests.crash.world import Delivery

#: For how long the server is away or full.
AWAY_SECONDS = 3.0
DELAYS = (0.0, 0.02, 0.2)


def away(stage: Stage, wanted: Any) -> Report:
    """No server at the start, and none again in the middle; then one."""
    found: dict[str, Any] = {"server away": 0, "tries in 3 s, most": 0}

    def stay_away(scene: Scene, delivery: Delivery) -> None:
        with _through(stage) as proxy:
            setup = scene.with_prepare(proxy.go_through)
            stage.server.stop()
            # No run is looked up: there is no server for it.
            worker = Worker(*scene.command(delivery), log=stage.log, setup=setup)
            try:
                time.sleep(AWAY_SECONDS)
                tries = len(proxy.asked)
            finally:
                stage.server.start()
            _see_that_it_ends(scene, worker, "that found no server")
        scene.count("server away", True)
        found["server away"] += 1
        found["tries in 3 s, most"] = max(tries, found["tries in 3 s, most"])

    _play(stage, wanted, "away", stay_away)
    found["attempts burnt"] = _burnt(stage)
    return {"faults": found["server away"], "of_which": found}


def full(stage: Stage, wanted: Any) -> Report:
    """All connections are taken when a command starts; then they are given back."""
    found = {"server full": 0}

    def crowd(scene: Scene, delivery: Delivery) -> None:
        with ExitStack() as crowd:
            worker = None
            try:
                while True:
                    crowd.enter_context(stage.server.connect())
            except psycopg.OperationalError:
                arguments = scene.command(delivery)
                worker = Worker(*arguments, log=stage.log, setup=stage.setup)
                time.sleep(AWAY_SECONDS / 2)
        _see_that_it_ends(scene, worker, "that found no connection")
        scene.count("server full", True)
        found["server full"] += 1

    _play(stage, wanted, "full", crowd)
    found["attempts burnt"] = _burnt(stage)
    return {"faults": found["server full"], "of_which": found}


def slow(stage: Stage, wanted: Any) -> Report:
    """Each packet to the server is late; nothing fails."""
    found: dict[str, Any] = {}
    rng = random.Random(wanted.seed)
    for delay in DELAYS if wanted.troubles else ():
        scene = replace(
            new_scene(stage, rng, lanes=2, writer="merge"), world=stage.small
        )
        began, rows = time.monotonic(), 0
        with _through(stage, delay=delay) as proxy:
            for delivery in scene.world.deliveries[:2]:
                # By the limits that workers have: a lease is longer than a packet.
                setup = replace(scene.with_prepare(proxy.go_through), settings={})
                worker = scene.start(delivery, setup)
                _see_that_it_ends(scene, worker, f"with {delay} s a packet")
        for run in ImportRun.objects.filter(source=scene.source):
            rows += run.rows["inserted"]
        seconds = time.monotonic() - began
        found[f"rows/s at {delay * 1_000:.0f} ms a packet"] = round(rows / seconds, 1)
    return {"faults": len(found), "of_which": found}


def beside(stage: Stage, wanted: Any) -> Report:
    """Two commands by two lanes and two tasks of the queue, all on one run."""
    found: dict[str, Any] = {"runs": 0, "races": 0, "claims": 0, "commits": 0}
    rng = random.Random(f"{wanted.seed}-beside")
    for number in range(wanted.troubles):
        scene = new_scene(stage, rng, lanes=2, writer=("merge", "orm")[number % 2])
        stage.straight(scene.world)
        for delivery in scene.world.deliveries:
            run = _queue(scene, delivery)
            setup = replace(stage.setup, call=partial(tasks.work, run.pk))
            resume = ("--resume", str(run.pk))
            many = [
                Worker(log=stage.log, setup=setup),
                Worker(*resume, log=stage.log, setup=stage.setup),
                Worker(log=stage.log, setup=setup),
                Worker(*resume, log=stage.log, setup=stage.setup),
            ]
            for worker in many:
                worker.wait()
            _count_claims(stage, run, found)
            # What all of them left to each other, the sweeper sees.
            scene.bring_in(delivery)
        scene.check()
    if found["races"]:
        found["claims a race"] = round(found["claims"] / found["races"], 3)
        found["commits a race"] = round(found["commits"] / found["races"], 3)
    return {"faults": 0, "of_which": found}


def _queue(scene: Scene, delivery: Delivery) -> ImportRun:
    arguments = (*scene.command(delivery), "--queue")
    worker = Worker(*arguments, log=scene.stage.log, setup=scene.stage.setup)
    assert worker.wait() == 0, worker.output()
    return ImportRun.objects.filter(source=scene.source).latest("pk")


def _count_claims(stage: Stage, run: ImportRun, found: dict[str, Any]) -> None:
    done = RaceCheckpoint.objects.filter(run=run, state="done")
    epochs = dict(done.values_list("pk", "epoch"))
    commits = {race: number for race, _, number, _ in stage.server.commits()}
    found["runs"] += 1
    found["races"] += len(epochs)
    # A race that was stored as it is was settled without a claim.
    found["claims"] += sum(max(epoch, 1) for epoch in epochs.values())
    found["commits"] += sum(commits[pk] for pk in epochs)


def _play(stage: Stage, wanted: Any, name: str, strike: Any) -> None:
    """Break every other delivery so, until it was done as often as is wanted."""
    rng = random.Random(f"{wanted.seed}-{name}")
    left = wanted.troubles
    while left > 0:
        scene = new_scene(stage, rng)
        strikes = [
            strike if at % 2 == 0 and at // 2 < left else break_nothing
            for at in range(len(scene.world.deliveries))
        ]
        left -= sum(each is strike for each in strikes)
        play(scene, strikes)


def _see_that_it_ends(scene: Scene, worker: Worker | None, what: str) -> None:
    assert worker
    if code := worker.wait():
        raise AssertionError(
            f"{scene.name}: a command {what} ended with {code}. "
            f"{worker.output()[-1_500:]}"
        )


def _burnt(stage: Stage) -> int:
    """Give the attempts beyond the first, of runs and races of the last source."""
    races = RaceCheckpoint.objects.filter(run__source=stage.last_source)
    runs = ImportRun.objects.filter(source=stage.last_source)
    attempts = [*races.values_list("attempts"), *runs.values_list("attempts")]
    return sum(max(number - 1, 0) for (number,) in attempts)


@contextmanager
def _through(stage: Stage, *, delay: float = 0) -> Iterator[LossyProxy]:
    proxy = LossyProxy(stage.server.socket, stage.folder, delay=delay)
    try:
        yield proxy
    finally:
        proxy.close()
