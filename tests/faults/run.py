"""`make faults`: break the queue in every way we know, and measure the recovery.

Prints a table of figures (count, p50, p95, most, in seconds unless it says otherwise);
exit code 1 if anything was lost, done twice, or never recovered.
"""

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

from tests.crash.bootstrap import private_server

FAULTS = (
    "wedge",
    "dead_main",
    "dead_sentinel",
    "dead_watchdog",
    "two_clusters",
    "emptied_queue",
    "changed_key",
    "poison",
    "backlog",
)
#: Long, and its figure hardly differs from one time to the next.
ONCE = ("backlog",)


def main() -> int:
    """Play the faults that are asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=FAULTS)
    wanted = parser.parse_args()
    with private_server() as server:
        bad = _play_all(wanted, folder=server.folder)
    return 1 if bad else 0


def _play_all(wanted: argparse.Namespace, *, folder: Path) -> int:
    from tests.faults import play

    files = folder / "faults"
    files.mkdir()
    environment = {**os.environ, "LOG_LEVEL": "WARNING"}
    stage = play.Stage(environment, folder=files)
    bad = 0
    for name in wanted.faults:
        figures: dict[str, list[float]] = defaultdict(list)
        for _ in range(1 if name in ONCE else wanted.times):
            began = time.monotonic()
            try:
                found = getattr(play, name)(stage)
            except AssertionError as error:
                bad += 1
                print(f"BAD {name}: {error}", flush=True)
                continue
            for figure, value in found.items():
                figures[figure].append(value)
            print(
                f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True
            )
        for figure, values in figures.items():
            print(_line(name, figure, values), flush=True)
    print(f"{bad} bad")
    return bad


def _line(name: str, figure: str, values: list[float]) -> str:
    ranked = sorted(values)
    p95 = ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]
    return (
        f"{name:<16}{figure:<20}n={len(values):<4}p50 {statistics.median(values):7.1f}"
        f"   p95 {p95:7.1f}   most {ranked[-1]:7.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
