"""`make soak`: many small files, then a steady stream of rows, by real workers.

On a PostgreSQL of its own. Prints what the workers held; exit code 1 where memory or
open files grow, a connection idles in a transaction, staging is left, a row is missing
or an invariant is violated.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.crash.bootstrap import logs, private_server
from tests.crash.database import PrivateServer
from tests.soak.sampling import Sampler, figures

PROJECT = Path(__file__).resolve().parent.parent.parent
#: Noise of samples of a process tree whose workers are renewed now and then.
MAX_GROWTH = 1.15
SMALL_LAPS = 10
FILES_A_RUN = 100
SECONDS_A_FILE = 10
LAPS_A_RACE = 1_000
PATIENCE_SECONDS = 3_600


def main() -> int:
    """Soak the workers in what is asked for; give the exit code."""
    asked = _arguments()
    with private_server() as server, _workers(server) as worker:
        with Sampler(worker.pid, server=server) as sampler:
            small = _bring_small(server, count=asked.small)
            at = len(sampler.samples)
            steady = _bring_steadily(server, rows=asked.rows, minutes=asked.minutes)
        report = {
            "small": small | figures(sampler.samples[:at]),
            "steady": steady | figures(sampler.samples[at:]),
            "left": _left(),
        }
    print(json.dumps(report, indent=2))
    faults = list(_faults(report))
    print("\n".join(faults) or "Nothing grows, nothing is left.")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--small", type=int, default=10_000, metavar="FILES")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=20)
    return parser.parse_args()


@contextmanager
def _workers(server: PrivateServer) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `make worker`'s command; end it as systemd would."""
    output = (logs(server) / "worker.log").open("wb")
    environment = {**os.environ, "LOG_LEVEL": "WARNING"}
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "ingest_worker"],
        cwd=PROJECT,
        env=environment,
        stdout=output,
        stderr=output,
    )
    try:
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(120)
        except subprocess.TimeoutExpired:
            worker.kill()
        output.close()


def _bring_small(server: PrivateServer, *, count: int) -> dict[str, Any]:
    """Queue many files of ten rows at once; wait until all are in."""
    from tests.soak.feed import queue, small_files

    folder = server.folder / "small"
    folder.mkdir()
    paths = list(small_files(folder, count=count, laps=SMALL_LAPS))
    began = time.monotonic()
    runs = [
        queue(paths[first : first + FILES_A_RUN], source="small")
        for first in range(0, count, FILES_A_RUN)
    ]
    queued = time.monotonic()
    _wait_for_end(runs)
    seconds = time.monotonic() - queued
    return {
        "files_brought": count,
        "rows_brought": count * SMALL_LAPS,
        "queue_seconds": round(queued - began, 1),
        "seconds": round(seconds, 1),
        "files_a_second": round(count / seconds, 1),
    }


def _bring_steadily(
    server: PrivateServer, *, rows: int, minutes: float
) -> dict[str, Any]:
    """Queue a file every ten seconds; count how long each waits to be in."""
    from tests.soak.feed import queue, write_race

    folder = server.folder / "steady"
    folder.mkdir()
    count = max(1, round(minutes * 60 / SECONDS_A_FILE))
    races = max(1, round(rows / count / LAPS_A_RACE))
    began = time.monotonic()
    runs = []
    for number in range(count):
        path = folder / f"{number:06}.csv"
        write_race(path, meeting=f"day-{number}", races=races, laps=LAPS_A_RACE)
        runs.append(queue([path], source="steady"))
        time.sleep(max(0, began + (number + 1) * SECONDS_A_FILE - time.monotonic()))
    _wait_for_end(runs)
    return {
        "files_brought": count,
        "rows_brought": count * races * LAPS_A_RACE,
        "seconds": round(time.monotonic() - began, 1),
        "slowest_run_seconds": _slowest(runs),
    }


def _wait_for_end(runs: list[int]) -> None:
    from imports.models import ImportRun

    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = ImportRun.objects.unfinished().filter(pk__in=runs)
    while waiting.exists():
        if time.monotonic() > deadline:
            raise AssertionError(f"{waiting.count()} runs are not over.")
        time.sleep(0.5)


def _slowest(runs: list[int]) -> float:
    """Give the seconds from the wish to the end of the slowest run."""
    from django.db.models import F, Max

    from imports.models import ImportRun

    chosen = ImportRun.objects.filter(pk__in=runs)
    taken = chosen.aggregate(longest=Max(F("finished_at") - F("created_at")))
    return round(float(taken["longest"].total_seconds()), 1)


def _left() -> dict[str, Any]:
    """Look at what is in the tables once all is over."""
    from django.db import connection

    from imports import invariants
    from imports.models import ImportRun
    from races.models import Lap

    names = connection.introspection.table_names()
    return {
        "staging_tables": sum("imports_staged" in name for name in names),
        "laps": Lap.objects.count(),
        "not_succeeded": ImportRun.objects.exclude(state="succeeded").count(),
        "violated": [
            found.invariant.name for found in invariants.violated(with_warnings=False)
        ],
    }


def _faults(report: dict[str, Any]) -> Iterator[str]:
    left = report["left"]
    brought = sum(report[phase]["rows_brought"] for phase in ("small", "steady"))
    if left["laps"] != brought:
        yield f"FAULT: {left['laps']:,} laps are in, {brought:,} were brought."
    for name in ("staging_tables", "not_succeeded", "violated"):
        if left[name]:
            yield f"FAULT: {name}: {left[name]}"
    for phase in ("small", "steady"):
        found = report[phase]
        if found["idle_in_transaction"]:
            yield f"FAULT: {phase}: connections idle in a transaction."
        for name in ("rss_growth", "files_growth"):
            if found[name] > MAX_GROWTH:
                yield f"FAULT: {phase}: {name} {found[name]}"


if __name__ == "__main__":
    sys.exit(main())
