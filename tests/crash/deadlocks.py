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
from tests.crash.world import FIRST

HOT_ROWS = 30
CARS = range(20, 20 + HOT_ROWS)
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
    paths = [path for d in stage.worlds[0].deliveries for path in d.paths]
    paths += _hot_files(stage.folder)
    connections.close_all()
    sys.stdout.flush()
    children = [
        _start(paths, source, f"{seed}-{n}", transactions, prepare, stage.log)
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


def _hot_files(folder: Path) -> list[Path]:
    """Write files that change many rows of a few races, each in its own way."""
    races = [("ashford", race) for race in ("1", "2")]
    found = []
    for v in range(3):
        tables = {
            "meetings": ["meeting,name", *(f"m{n},{v}" for n in range(HOT_ROWS))],
            "entries": [
                "meeting,race,entrant,team,status",
                *(
                    f"{m},{r},{n},team-{(n + v) % 9},{v}"
                    for m, r in races
                    for n in CARS
                ),
            ],
            "laps": [
                "meeting,race,entrant,lap,time_ms",
                *(f"{m},{r},{n},1,{60_000 + n + v}" for m, r in races for n in CARS),
            ],
        }
        for name, lines in tables.items():
            found.append(folder / f"hot-{name}-{v}.csv")
            found[-1].write_text("\n".join(lines) + "\n")
    return found


def _start(
    paths: list[Path],
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
        failures = _import_on(paths, source, random.Random(seed), transactions)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(min(failures, 100))


def _import_on(
    paths: list[Path], source: str, rng: random.Random, transactions: int
) -> int:
    """Give commands until enough is committed; give how many failed."""
    committed = failures = 0
    for _ in range(CALLS_OF_A_CHILD):
        if committed >= transactions:
            return failures
        chosen = rng.sample(paths, rng.randint(1, 4))
        # Mostly newer than all that is stored, so that there is something to write.
        seconds = time.monotonic() * 1_000 * rng.choice((1, 1, 1, rng.random()))
        observed = FIRST + timedelta(seconds=seconds)
        options = ["--source", source, "--json", "--concurrency", "1", "--beside"]
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
