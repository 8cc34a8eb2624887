"""Processes that import the same races and shared rows at once, in different orders.

Each gives commands one after another, of files in an order of its own, until it has
committed so many transactions. What one says, another says differently.
"""

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from imports.models import ImportRun, RaceCheckpoint
from tests.crash.scene import Stage
from tests.crash.world import FIRST, World

CALLS_OF_A_CHILD = 400


def hammer(
    stage: Stage,
    *,
    processes: int,
    transactions: int,
    seed: str,
    prepare: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Import from all sides; give what came of it."""
    source = stage.next_source()
    before, already = stage.server.deadlocks(), _complaints(stage)
    connections.close_all()
    sys.stdout.flush()
    children = [
        _start([stage.worlds[0], stage.small], source, f"{seed}-{n}", transactions, prepare, stage.log)
        for n in range(processes)
    ]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    return {
        "processes": processes,
        "transactions": _committed(source),
        "deadlocks_met": stage.server.deadlocks() - before,
        "duplicate_keys": _complaints(stage) - already,
        "retries": _retries(source),
        "reached_a_caller": sum(map(abs, codes)) + _failed(source),
    }


def _start(
    worlds: list[World],
    source: str,
    seed: str,
    transactions: int,
    prepare: Callable[[], None],
    log: Path,
) -> int:
    pid = os.fork()
    if pid:
        return pid
    failures = 1
    try:
        with log.open("ab", buffering=0) as output:
            os.dup2(output.fileno(), 2)
        prepare()
        failures = _import_on(worlds, source, random.Random(seed), transactions)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(min(failures, 100))


def _import_on(world: World, source: str, rng: random.Random, transactions: int) -> int:
    """Give commands until enough is committed; give how many failed."""
    paths = [path for w in worlds for d in w.deliveries for path in d.paths]
    committed = failures = 0
    for _ in range(CALLS_OF_A_CHILD):
        if committed >= transactions:
            return failures
        chosen = rng.sample(paths, rng.randint(1, 4))
        # Mostly newer than all that is stored, so that there is something to write.
        seconds = time.monotonic() * 1_000 * rng.choice((1, 1, 1, rng.random()))
        observed = FIRST + timedelta(seconds=seconds)
        options = ["--source", source, "--json", "--concurrency", "1"]
        options += ["--writer", rng.choice(("merge", "orm"))]
        options += ["--observed-at", observed.isoformat()]
        said = StringIO()
        try:
            with redirect_stdout(said):
                call_command("ingest_races", *map(str, chosen), *options, stdout=said)
        except SystemExit:
            failures += 1
        report = json.loads(said.getvalue())
        # The shared rows are a transaction of their own.
        committed += 1 + report["races"]["succeeded"]
    raise AssertionError("The commands do not commit anything.")


def _committed(source: str) -> int:
    done = RaceCheckpoint.objects.filter(run__source=source, state="done").count()
    return done + ImportRun.objects.filter(source=source).count()


def _retries(source: str) -> int:
    races = RaceCheckpoint.objects.filter(run__source=source)
    return sum(n - 1 for n in races.values_list("attempts", flat=True) if n > 1)


def _failed(source: str) -> int:
    runs = ImportRun.objects.filter(source=source).exclude(state="succeeded")
    races = RaceCheckpoint.objects.filter(run__source=source).exclude(state="done")
    failed = runs.count() + races.count()
    connection.close()
    return failed


def _complaints(stage: Stage) -> int:
    """Give how often the server refused a key that is there already."""
    log = (stage.server.data / "log").read_text(errors="replace")
    return log.count("duplicate key value")
