"""`make corpus`: every bad file through the real pipeline, family by family.

Each family is written by one process and imported by another, on a PostgreSQL of its
own. Prints a table; ends with 1 where anything is not as it should be.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from tests.corpus.families import FAMILIES
from tests.crash.bootstrap import private_server

MIB = 1024**2
#: What the process that imports may hold at its peak, whatever comes.
MAX_WORKER_BYTES = 300 * MIB
HEAD = "family       files  unexpected  worker MiB (idle)  child MiB  seconds  slowest"


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    parser.add_argument("--light", action="store_true", help="without the heavy files")
    parser.add_argument(
        "--outcomes", action="store_true", help="print what became of each"
    )
    asked = parser.parse_args()
    is_right = True
    results = []
    with private_server():
        print(HEAD)
        for family in asked.families or FAMILIES:
            result = _family(family, is_light=asked.light)
            results.append(result)
            print(_line(family, result), flush=True)
            for fault in _faults(result):
                is_right = False
                print(f"    {fault}")
            if asked.outcomes:
                for each in result.get("outcomes", []):
                    print("   ", *each)
        left = _violated()
    print(_sum(results))
    print("invariants:", ", ".join(left) or "all hold")
    return 0 if is_right and not left else 1


def _family(family: str, *, is_light: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [family, folder, *([] if is_light else ["heavy"])]
        command = [sys.executable, "-m"]
        subprocess.run([*command, "tests.corpus.write", *arguments], check=True)
        worker = subprocess.run(
            [*command, "tests.corpus.worker", *arguments],
            capture_output=True,
            text=True,
        )
    if worker.returncode:
        return {"death": f"exit code {worker.returncode}: {worker.stderr[-2_000:]}"}
    result: dict[str, Any] = json.loads(worker.stdout.splitlines()[-1])
    return result


def _line(family: str, result: dict[str, Any]) -> str:
    if "death" in result:
        return f"{family:<12} the worker died"
    name, seconds = result["slowest"]
    return (
        f"{family:<12} {result['files']:>5}  {len(result['unexpected']):>10}"
        f"  {result['peak_bytes'] // MIB:>10} ({result['idle_bytes'] // MIB:>4})"
        f"  {result['child_peak_bytes'] // MIB:>9}  {result['seconds']:>7.1f}"
        f"  {name} ({seconds:.1f} s)"
    )


def _sum(results: list[dict[str, Any]]) -> str:
    """Give the figures of all families in a line."""
    alive = [result for result in results if "death" not in result]
    return (
        f"{sum(result['files'] for result in alive)} files, "
        f"{sum(len(result['unexpected']) for result in alive)} unexpected, "
        f"{len(results) - len(alive)} workers died; at most "
        f"{max((r['peak_bytes'] for r in alive), default=0) // MIB} MiB in a worker, "
        f"{max((r['child_peak_bytes'] for r in alive), default=0) // MIB} MiB in a child, "
        f"{sum(result['seconds'] for result in alive):,.0f} seconds of reading"
    )


def _faults(result: dict[str, Any]) -> Iterator[str]:
    if death := result.get("death"):
        yield death
        return
    for name, faults in result["unexpected"].items():
        yield from (f"{name}: {fault}" for fault in faults)
    if result["peak_bytes"] > MAX_WORKER_BYTES:
        yield f"the worker held {result['peak_bytes'] // MIB} MiB"


def _violated() -> list[str]:
    from imports import invariants

    found = invariants.violated(with_warnings=False)
    return [f"{finding.invariant.name}: {finding.count}" for finding in found]


if __name__ == "__main__":
    sys.exit(main())
