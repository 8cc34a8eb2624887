"""Any order, any number of deliveries, runs, lanes and writers: one final state."""

import os
import random
from pathlib import Path

import pytest

from imports import actions
from imports.actions import BatchOptions, Order, Registered
from imports.flags import Flag
from imports.models import ImportRun, SourceFile
from tests import state, worlds
from tests.worlds import World

#: `make orders` sets more.
SEEDS = range(int(os.environ.get("ORDER_SEEDS", "24")))
#: A complete file ends one column of a lap that a newer file keeps: stats follow.
ENDED_COLUMN = 222
FIRST_SEED = int(os.environ.get("ORDER_FIRST_SEED", "0"))


def _register(world: World, folder: Path) -> dict[str, Registered]:
    registered = {}
    for file in world.files:
        [found] = actions.register_paths([file.write(folder)], statement=file.statement)
        registered[file.name] = found
    return registered


def _deliver(files: list[Registered], *, lanes: int, writer: str) -> ImportRun:
    order = Order(
        trigger=ImportRun.Trigger.COMMAND, force=True, options={Flag.WRITER: writer}
    )
    run = actions.start_run(files, order=order)
    actions.work_run(run, options=BatchOptions(name="lane"), max_concurrency=lanes)
    run.refresh_from_db()
    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    assert run.lap_counts.is_balanced
    return run


def _deliver_somehow(registered: list[Registered], chance: random.Random) -> None:
    """Deliver all files, some twice, in random order, split into random runs."""
    files = [*registered, *chance.choices(registered, k=chance.choice([0, 1, 2]))]
    chance.shuffle(files)
    while files:
        cut = chance.randint(1, len(files))
        batch, files = files[:cut], files[cut:]
        lanes = chance.randint(1, 3)
        _deliver(batch, lanes=lanes, writer=chance.choice(["merge", "orm"]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [*(FIRST_SEED + n for n in SEEDS), ENDED_COLUMN])
def test_any_order_gives_what_the_files_say(seed, tmp_path):
    world = World.of(seed)
    registered = _register(world, tmp_path)
    chance = random.Random(seed)
    wanted = worlds.expected(
        world.files, {f.name: registered[f.name].file.version for f in world.files}
    )

    first = None
    for _ in range(3):
        state.clear()
        SourceFile.objects.update(imported_at=None)
        _deliver_somehow(list(registered.values()), chance)
        assert worlds.stored() == wanted
        tables = state.tables()
        first = first or tables
        for name, rows in tables.items():
            assert rows == first[name], name
