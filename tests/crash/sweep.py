"""`make crash`: break imports in every way we know, and see that nothing is amiss.

Prints a table, or with --json an object; exit code 1 if a row was lost or applied
twice, or if anything else differs from the imports that nobody broke.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.crash.bootstrap import logs, private_server
from tests.crash.jobs import run_jobs

if TYPE_CHECKING:
    from tests.crash.scene import Stage

PARTS = (
    "kills",
    "exceptions",
    "backends",
    "stops",
    "answers",
    "freezes",
    "queries",
    "cuts",
    "deadlocks",
    "away",
    "full",
    "slow",
    "beside",
)


def main() -> int:
    """Run the parts that are asked for; give the exit code."""
    wanted = _arguments()
    if wanted.planted:
        with _stage(wanted) as stage:
            return _catch_planted(stage, wanted)
    if wanted.jobs > 1:
        report = run_jobs(wanted)
    else:
        with _stage(wanted) as stage:
            report = _sweep(stage, wanted)
    if wanted.json:
        print(json.dumps(report))
    else:
        _print(report)
    return 1 if report["bad"] else 0


@contextmanager
def _stage(wanted: argparse.Namespace) -> Iterator["Stage"]:
    with private_server() as server:
        from tests.crash.scene import Stage
        from tests.crash.worker import fork_readers

        fork_readers()
        yield Stage(
            server, worlds=wanted.worlds, folder=logs(server), is_thin=wanted.thin
        )


def _sweep(stage: "Stage", wanted: argparse.Namespace) -> dict[str, Any]:
    from tests.crash import parts, troubles
    from tests.crash.scene import count_claims_again

    began = time.monotonic()
    done = {}
    for name in wanted.parts:
        started, claims = time.monotonic(), count_claims_again()
        module = troubles if hasattr(troubles, name) else parts
        done[name] = getattr(module, name)(stage, wanted)
        done[name]["claims_again"] = count_claims_again() - claims
        stage.verify(name)
        done[name]["seconds"] = round(time.monotonic() - started, 1)
        print(f"{name}: {json.dumps(done[name])}", file=sys.stderr, flush=True)
    figures = stage.figures
    return {
        "seed": wanted.seed,
        "parts": done,
        "scenarios": figures.scenarios,
        "commands": figures.commands,
        "faults": figures.faults.total(),
        "lost": figures.lost,
        "doubled": figures.doubled,
        "claims_again": count_claims_again(),
        "commits": figures.commits,
        "stale_commits": figures.stale,
        "bad": figures.bad,
        "seconds": round(time.monotonic() - began, 1),
    }


def _catch_planted(stage: Any, wanted: argparse.Namespace) -> int:
    from tests.crash.catch import catch_all

    found = catch_all(stage, wanted)
    if wanted.json:
        print(json.dumps(found))
    else:
        for name, evidence in found.items():
            print(f"{name:<24}{'caught' if evidence else 'NOT CAUGHT':<12}{evidence}")
    return 0 if all(found.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--backends", type=int, default=200)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--answers", type=int, default=60)
    parser.add_argument("--freezes", type=int, default=20)
    parser.add_argument("--queries", type=int, default=1, help="every how many")
    parser.add_argument("--cuts", type=int, default=1, help="every how many")
    parser.add_argument("--transactions", type=int, default=1_000)
    parser.add_argument("--troubles", type=int, default=6, help="of each of the last")
    parser.add_argument("--planted", action="store_true", help="plant bugs instead")
    parser.add_argument("--bugs", nargs="+", help="which ones; default: all")
    parser.add_argument("--jobs", type=int, default=1, help="beside each other")
    parser.add_argument("--thin", action="store_true", help="half of the deliveries")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _print(report: dict[str, Any]) -> None:
    for name, found in report["parts"].items():
        again = f"{found['claims_again']} races claimed again"
        print(
            f"{name:<12}{found['faults']:>6} faults{found['seconds']:>9.1f} s  {again}"
        )
        for fault, number in found["of_which"].items():
            print(f"    {fault:<32}{number:>6}")
    for name in ("seed", "scenarios", "commands", "faults", "lost", "doubled"):
        print(f"{name:<16}{report[name]:>10}")
    print(f"{'races committed':<16}{report['commits']:>10}")
    print(f"{'stale commits':<16}{report['stale_commits']:>10}")
    per_fault = report["claims_again"] / max(report["faults"], 1)
    print(
        f"{'claims again':<16}{report['claims_again']:>10}  ({per_fault:.2f} a fault)"
    )
    for line in report["bad"]:
        print(f"BAD {line}")
    print(f"{len(report['bad'])} bad, in {report['seconds']:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
