"""Measure check-then-insert against the atomic upsert; `make bench-upsert` runs it.

On a PostgreSQL of its own, every worker on a connection of its own that was opened
before the clock runs. Sequential: 100 writes of 10 keys. Concurrent: 100 writes by 10
workers, of 5 keys. Each repeat begins with an empty table; ways take turns, so that what
else the machine does meets all. Milliseconds are of this machine; errors and lost
writes are not.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.crash.bootstrap import private_server

WRITES = 100
STATS_TYPE = "bench"
#: As long as a small leaderboard.
DATA = {"standings": [{"rank": rank, "points": 25.5} for rank in range(20)]}

Write = Callable[[str], Any]


@dataclass(frozen=True)
class Load:
    """How many write how many keys at once."""

    name: str
    workers: int
    keys: int


LOADS = (Load("sequential", workers=1, keys=10), Load("concurrent", workers=10, keys=5))


@dataclass
class Measured:
    """All repeats of one way under one load."""

    milliseconds: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    errors: int = 0
    lost: int = 0

    def as_cells(self) -> list[str]:
        """Give the figures as they stand in the table."""
        spent = self.milliseconds
        percent = statistics.quantiles(spent, n=100, method="inclusive")
        rates = self.per_second
        return [
            f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})",
            f"{statistics.mean(spent):.2f}",
            f"{statistics.median(spent):.2f}",
            f"{percent[94]:.2f}",
            f"{percent[98]:.2f}",
            f"{min(spent):.2f}",
            f"{max(spent):.2f}",
            f"{statistics.stdev(spent):.2f}",
            str(self.errors),
            str(self.lost),
        ]


HEAD = [
    "load",
    "way",
    "writes/s: median (range)",
    "mean ms",
    "median",
    "p95",
    "p99",
    "min",
    "max",
    "st. dev.",
    "errors",
    "lost",
]


def main() -> int:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, metavar="N")
    parser.add_argument("--warm-up", type=int, default=2)
    options = parser.parse_args()
    if options.repeats < 5:
        parser.error("--repeats: at least 5, fewer tell nothing.")
    with private_server():
        for line in _table(options.repeats, options.warm_up):
            print(line)
    return 0


def _table(repeats: int, warm_up: int) -> Iterator[str]:
    yield f"{repeats} repeats of {WRITES} writes, after {warm_up} to warm up"
    yield ""
    yield _line(HEAD)
    yield _line(["---"] * len(HEAD))
    for load in LOADS:
        measured = {name: Measured() for name in _ways()}
        for turn in range(warm_up + repeats):
            for name, write in _ways().items():
                kept = measured[name] if turn >= warm_up else Measured()
                _measure(load, write, into=kept)
        for name, figures in measured.items():
            yield _line([load.name, name, *figures.as_cells()])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ways() -> dict[str, Write]:
    from django.utils import timezone

    from stats.snapshots import atomic_upsert_snapshot
    from tests.integration.snapshots.check_then_insert import check_then_insert

    def naive(scope: str) -> None:
        check_then_insert(scope, STATS_TYPE, DATA, now=timezone.now())

    def atomic(scope: str) -> None:
        atomic_upsert_snapshot(scope, STATS_TYPE, DATA)

    return {"check, then insert": naive, "atomic upsert": atomic}


def _measure(load: Load, write: Write, *, into: Measured) -> None:
    from django.db.models import Sum

    from stats.models import StatSnapshot

    StatSnapshot.objects.all().delete()
    start = threading.Barrier(load.workers + 1)
    worker = partial(_work, load, write, start=start)
    with ThreadPoolExecutor(load.workers) as threads:
        futures = [threads.submit(worker, number) for number in range(load.workers)]
        start.wait()
        began = time.perf_counter()
        done = [future.result() for future in futures]
        # The last end, and not how long connections take to close.
        seconds = max(ended for _, _, ended in done) - began
    errors = sum(failed for _, failed, _ in done)
    stored = StatSnapshot.objects.aggregate(total=Sum("version"))["total"] or 0
    into.milliseconds += [spent for times, _, _ in done for spent in times]
    into.per_second.append(WRITES / seconds)
    into.errors += errors
    # A write that failed was told of; one that is in no version was not.
    into.lost += WRITES - errors - stored


def _work(
    load: Load, write: Write, number: int, *, start: threading.Barrier
) -> tuple[list[float], int, float]:
    """Do a share of the writes; give the times of all, the errors, and the end."""
    from django.db import DatabaseError, connection

    times, failed = [], 0
    connection.ensure_connection()
    start.wait()
    for turn in range(WRITES // load.workers):
        scope = f"key/{(number + turn) % load.keys}"
        began = time.perf_counter()
        try:
            write(scope)
        except DatabaseError:
            failed += 1
        times.append((time.perf_counter() - began) * 1000)
    ended = time.perf_counter()
    connection.close()
    return times, failed, ended


if __name__ == "__main__":
    sys.exit(main())
