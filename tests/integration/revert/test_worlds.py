"""Random files in random runs, put back: what was before, to the id, any depth."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from imports import actions
from imports.actions import BatchOptions, Order, Registered
from imports.flags import Flag
from imports.models import Conflict, ImportRun, SourceFile
from imports.pipeline.revert.preview import Outcome, outcome_of, preview
from imports.pipeline.revert.rows import Fate
from imports.pipeline.revert.runs import is_revertable
from tests import state
from tests.worlds import USUAL, World

#: The environment can set more.
SEEDS = range(int(os.environ.get("REVERT_SEEDS", "16")))
FIRST_SEED = int(os.environ.get("REVERT_FIRST_SEED", "0"))

Everything = dict[str, Any]


def everything() -> Everything:
    """Give the tables with ids, the conflicts, and which files count as imported."""
    found: Everything = {
        model.__name__: sorted(model._default_manager.values_list(), key=str)
        for model in state.NAMES
    }
    found["Conflict"] = sorted(Conflict.objects.values_list())
    files = SourceFile.objects.order_by("pk")
    found["SourceFile"] = list(files.values_list("pk", "imported_at"))
    return found


def assert_same(found: Everything, wanted: Everything) -> None:
    for name, rows in wanted.items():
        assert found[name] == rows, name


def work(run: ImportRun, *, lanes: int) -> ImportRun:
    actions.work_run(run, options=BatchOptions(name="lane"), max_concurrency=lanes)
    run.refresh_from_db()
    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    assert run.lap_counts.is_balanced
    return run


def deliver(files: list[Registered], chance: random.Random) -> ImportRun:
    options = {
        Flag.WRITER: chance.choice(["merge", "orm"]),
        Flag.CONFLICT_POLICY: chance.choice(["newest", "newest", "hold"]),
    }
    order = Order(trigger=ImportRun.Trigger.COMMAND, force=True, options=options)
    return work(actions.start_run(files, order=order), lanes=chance.randint(1, 2))


def named(outcome: Outcome) -> list[str]:
    return sorted(str(sorted(stay.items())) for stay in outcome.stays)


def revert(run: ImportRun) -> ImportRun:
    foreseen = preview(run)
    made = actions.start_revert(run, trigger="command", by=None)
    done = work(made, lanes=2)
    met = outcome_of(done)
    assert +met.fates == +foreseen.fates
    assert +met.laps == +foreseen.laps
    assert named(met) == named(foreseen)
    return done


def batches(folder: Path, chance: random.Random, seed: int) -> list[list[Registered]]:
    # Stops by themselves: few files of all kinds change one that is then removed.
    world = World.of(seed, kinds=["pit_stop"] if seed % 4 == 3 else USUAL)
    found = []
    for file in world.files:
        [one] = actions.register_paths([file.write(folder)], statement=file.statement)
        found.append(one)
    files = [*found, *chance.choices(found, k=chance.choice([0, 1]))]
    chance.shuffle(files)
    cut = []
    while files:
        at = chance.randint(1, min(3, len(files)))
        cut.append(files[:at])
        files = files[at:]
    return cut


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [FIRST_SEED + n for n in SEEDS])
def test_last_run_goes_back_and_forth(seed, tmp_path):
    chance = random.Random(seed)
    runs = []
    for batch in batches(tmp_path, chance, seed):
        before = everything()
        run = deliver(batch, chance)
        runs.append((run, before, everything()))

    for run, before, after in reversed(runs):
        if not is_revertable(ImportRun.objects.get(pk=run.pk)):
            for pk, moment in before["SourceFile"]:
                SourceFile.objects.filter(pk=pk).update(imported_at=moment)
            continue
        first = revert(run)
        assert outcome_of(first).stay == 0
        assert_same(everything(), before)
        second = revert(first)
        assert outcome_of(second).stay == 0
        assert_same(everything(), after)
        assert_same({"": revert(second)} and everything(), before)

    assert not any(rows for name, rows in state.tables().items())
    assert not SourceFile.objects.filter(imported_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [FIRST_SEED + n for n in SEEDS])
def test_any_run_goes_back_and_forth(seed, tmp_path):
    chance = random.Random(seed)
    runs = [deliver(batch, chance) for batch in batches(tmp_path, chance, seed)]
    chance.shuffle(runs)

    for run in runs:
        if not is_revertable(ImportRun.objects.get(pk=run.pk)):
            continue
        before = everything()
        first = revert(run)
        between = everything()
        if not is_revertable(first):
            # All of it stays: as if it had not been, so that it can be asked for again.
            assert outcome_of(first).stay
            assert_same(between, before)
            assert is_revertable(run)
            continue
        second = revert(first)
        assert outcome_of(second).stay == 0
        assert_same(everything(), before)
        third = revert(second)
        assert_same(everything(), between)
        assert outcome_of(third).fates[Fate.STAYS] == 0 or outcome_of(first).stay
