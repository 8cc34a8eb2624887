"""Plant each bug, play the scenarios that must show it, and say what they showed."""

import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

from tests.crash import faults, parts, planted
from tests.crash.deadlocks import hammer
from tests.crash.faults import Fault
from tests.crash.scene import WAYS, Figures, Stage

#: Scenarios that a bug may hide from; it is caught in the first few.
SCENARIOS = 12
#: Is caught by processes beside each other, not by a scenario.
ORDER = "keys in any order"


def kills_in_race() -> Iterator[Fault]:
    """Kill around the commit of a race."""
    names = ("before_commit", "after_commit", "before_done")
    return cycle(faults.kill_at(name, most=6) for name in names)


def freezes_in_race() -> Iterator[Fault]:
    """Freeze a worker that holds a race."""
    return cycle([faults.overtake])


def kills_in_staging() -> Iterator[Fault]:
    """Kill the one who prepares a run, before it gives a sign of life."""
    return cycle([faults.kill_at("mid_stage", most=1)])


def nothing() -> Iterator[Fault]:
    """Break nothing: files alone must show it."""
    return cycle([parts.break_nothing])


PLANTS: dict[str, tuple[planted.Plant, Callable[[], Iterator[Fault]]]] = {
    "checkpoint before rows": (planted.checkpoint_before_rows, kills_in_race),
    "checkpoint after rows": (planted.checkpoint_after_rows, kills_in_race),
    "no fencing": (planted.no_fencing, freezes_in_race),
    "version not raised": (planted.version_not_raised, nothing),
    "floor ignored": (planted.floor_ignored, nothing),
    "no dedupe in a file": (planted.no_dedupe_in_file, nothing),
    "blind reaper": (planted.blind_reaper, kills_in_staging),
}


def catch_all(stage: Stage, wanted: Any) -> dict[str, str]:
    """Give what showed each bug; empty where nothing did."""
    found = {}
    for plant in (*(plant for plant, _ in PLANTS.values()), planted.keys_in_any_order):
        _see_that_it_takes(plant)
    for name in wanted.bugs or (*PLANTS, ORDER):
        if name == ORDER:
            found[name] = _catch_order(stage, wanted)
        else:
            found[name] = _catch(stage, wanted, *PLANTS[name])
        print(f"{name}: {found[name] or 'NOT CAUGHT'}", file=sys.stderr, flush=True)
    return found


def _see_that_it_takes(plant: planted.Plant) -> None:
    """Plant in a process that does nothing else: what cannot be planted proves nothing."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            plant()
            code = 0
        except AssertionError as error:
            print(error, file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise SystemExit(f"{plant.__name__} cannot be planted; bring it up to date.")


def _catch(
    stage: Stage,
    wanted: Any,
    plant: planted.Plant,
    breaking: Callable[[], Iterator[Fault]],
) -> str:
    rng = random.Random(wanted.seed)
    stage.figures, chosen = Figures(), breaking()
    for world in stage.worlds:
        stage.straight(world)
    plain = stage.setup
    stage.setup = replace(plain, prepare=plant)
    if plant is planted.blind_reaper:
        # Nobody resumes by hand: the sweeper must notice.
        stage.ways = ("queue",)
    try:
        for writer in islice(cycle(("merge", "orm")), SCENARIOS):
            scene = parts.new_scene(stage, rng, lanes=1, writer=writer)
            parts.play(scene, [next(chosen) for _ in scene.world.deliveries])
            if stage.figures.bad:
                return stage.figures.bad[0].replace("\n", " ")[:300]
    finally:
        stage.setup, stage.ways = plain, WAYS
    return ""


def _catch_order(stage: Stage, wanted: Any) -> str:
    found = hammer(
        stage,
        processes=4,
        transactions=wanted.transactions // 4,
        seed=wanted.seed,
        prepare=planted.keys_in_any_order,
    )
    met = {name: found[name] for name in ("deadlocks_met", "duplicate_keys", "retries")}
    return f"{met}" if found["deadlocks_met"] else ""
