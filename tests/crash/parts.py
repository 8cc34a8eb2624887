"""The parts of the sweep: which faults, how many, on which scenarios."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

from django.db import connections

from imports.failpoints import NAMES
from tests.crash import faults
from tests.crash.deadlocks import hammer
from tests.crash.faults import Fault
from tests.crash.scene import Scene, Stage
from tests.crash.worker import KILLED, Worker
from tests.crash.world import Delivery

#: Met once for each race of a delivery, or more often.
OF_A_RACE = NAMES[NAMES.index("after_claim") : NAMES.index("after_commit") + 1]
RACES = 12
Report = dict[str, Any]


def kills(stage: Stage, wanted: Any) -> Report:
    """SIGKILL at random moments and at every failpoint."""
    at_points = cycle(
        faults.kill_at(name, most=RACES if name in OF_A_RACE else 1) for name in NAMES
    )

    def chosen() -> Iterator[Fault]:
        while True:
            yield faults.kill_at_random
            yield next(at_points)

    _strike_until(stage, wanted, chosen(), prefix="kill", target=wanted.kills)
    return _counts(stage, "kill")


def exceptions(stage: Stage, wanted: Any) -> Report:
    """An exception at every failpoint."""
    chosen = cycle([faults.raise_at(name) for name in NAMES])
    target = len(NAMES) if wanted.kills else 0
    _strike_until(stage, wanted, chosen, prefix="exception", target=target)
    return _counts(stage, "exception")


def backends(stage: Stage, wanted: Any) -> Report:
    """pg_terminate_backend."""
    chosen = cycle([faults.terminate_backends])
    _strike_until(stage, wanted, chosen, prefix="backend", target=wanted.backends)
    return _counts(stage, "backend")


def stops(stage: Stage, wanted: Any) -> Report:
    """pg_ctl -m immediate stop, with the worker alive and dead."""
    chosen = cycle([faults.crash_server, faults.crash_server_and_worker])
    _strike_until(stage, wanted, chosen, prefix="server", target=wanted.stops)
    return _counts(stage, "server")


def answers(stage: Stage, wanted: Any) -> Report:
    """Answers of the server that never arrive: to COMMIT, and to anything."""
    chosen = cycle([faults.lose_commit, faults.lose_commit, faults.lose_answer])
    _strike_until(stage, wanted, chosen, prefix="commit", target=wanted.answers)
    return _counts(stage, "commit answer", "other answer")


def freezes(stage: Stage, wanted: Any) -> Report:
    """SIGSTOP past the lease, SIGCONT after another has done the work."""
    chosen = cycle([faults.freeze, faults.overtake])
    _strike_until(stage, wanted, chosen, prefix="freeze", target=wanted.freezes)
    return _counts(stage, "freeze")


def queries(stage: Stage, wanted: Any) -> Report:
    """The Nth query fails, for every Nth N up to the last that a command has."""
    rng = random.Random(wanted.seed)
    for is_lost in (False, True):
        # Deliveries whose command has as many queries, by their place in the world.
        met = set(range(len(stage.small.deliveries)))
        number = 0
        while met:
            number += wanted.queries
            scene = replace(new_scene(stage, rng, lanes=1), world=stage.small)
            query = FailedQuery(number, is_lost=is_lost, places=met)
            places = range(len(stage.small.deliveries))
            play(scene, [query.strike(place) for place in places])
            met = query.met
    return _counts(stage, "query")


class FailedQuery:
    """The Nth query of each delivery fails; `met` is where there is an Nth."""

    def __init__(self, number: int, *, is_lost: bool, places: set[int]) -> None:
        self.met: set[int] = set()
        self._number = number
        self._is_lost = is_lost
        self._places = places

    def strike(self, place: int) -> Fault:
        """Give the fault for the delivery at a place; none where N is too high."""

        def fail(scene: Scene, delivery: Delivery) -> None:
            if faults.nth_query(
                scene, delivery, number=self._number, is_lost=self._is_lost
            ):
                self.met.add(place)

        return fail if place in self._places else break_nothing


def cuts(stage: Stage, wanted: Any) -> Report:
    """Killed after exactly k races, for every k, then resumed: the straight run."""
    rng = random.Random(wanted.seed)
    for writer in ("merge", "orm"):
        for k in range(1, RACES + 1, wanted.cuts):
            scene = new_scene(stage, rng, lanes=1, writer=writer)
            play(scene, [_cut_after(k)] * len(scene.world.deliveries))
    return _counts(stage, "cut")


def deadlocks(stage: Stage, wanted: Any) -> Report:
    """Four processes on the same races and shared rows."""
    if not wanted.transactions:
        return {"faults": 0, "of_which": {}}
    found = hammer(
        stage, processes=4, transactions=wanted.transactions, seed=wanted.seed
    )
    for name in ("deadlocks_met", "duplicate_keys", "reached_a_caller"):
        if found[name]:
            stage.figures.bad.append(f"{name} with 4 processes: {found[name]}")
    return {"faults": 0, "of_which": found}


def _cut_after(k: int) -> Fault:
    def strike(scene: Scene, delivery: Any) -> None:
        setup = scene.with_failpoint(f"after_commit:kill:{k}")
        scene.count(f"cut after {k}", scene.start(delivery, setup).wait() == KILLED)

    return strike


def break_nothing(scene: Scene, delivery: Any) -> None:
    """Break nothing."""


def _strike_until(
    stage: Stage, wanted: Any, chosen: Iterator[Fault], *, prefix: str, target: int
) -> None:
    """Play scenarios until faults of this name struck as often as is wanted."""
    rng = random.Random(f"{wanted.seed}-{prefix}")
    counts = stage.figures.faults
    for _ in range(20 * target):
        if sum(n for name, n in counts.items() if name.startswith(prefix)) >= target:
            return
        scene = new_scene(stage, rng)
        play(scene, [next(chosen) for _ in scene.world.deliveries])
        if len(stage.figures.bad) > 20:
            return


def new_scene(
    stage: Stage, rng: random.Random, *, lanes: int = 0, writer: str = ""
) -> Scene:
    return Scene(
        stage=stage,
        world=rng.choice(stage.worlds),
        source=stage.next_source(),
        random=random.Random(rng.random()),
        lanes=lanes or rng.choice((1, 2, 3)),
        writer=writer or rng.choice(("merge", "orm")),
    )


def play(scene: Scene, strikes: list[Callable[[Scene, Any], None]]) -> None:
    """Break each delivery as told, bring it in, and check the whole at the end."""
    scene.stage.straight(scene.world)
    try:
        for delivery, strike in zip(scene.world.deliveries, strikes, strict=True):
            strike(scene, delivery)
            connections.close_all()
            scene.stage.server.wait_until_alone()
            scene.bring_in(delivery)
    except AssertionError as error:
        Worker.kill_all()
        scene.stage.figures.bad.append(str(error))
        return
    scene.check()


def _counts(stage: Stage, *prefixes: str) -> Report:
    struck = {
        name: number
        for name, number in sorted(stage.figures.faults.items())
        if name.startswith(prefixes)
    }
    return {"faults": sum(struck.values()), "of_which": struck}
