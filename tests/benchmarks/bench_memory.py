"""Measure what lanes and batch rows take of memory: the figures of imports/flags/memory.

    .venv/bin/python -m tests.benchmarks.bench_memory

Makes a database of its own beside the configured one and brings files of one race, each
by one lane in a process of its own. Printed are the memory that is the process's alone
before the lane begins (what one more worker takes), and how far the lane goes above it at
its peak: where all laps are new, and then where every one of them changes.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import bench_import

#: Laps of the race, batch_rows, writer.
CASES = [
    (laps, rows, writer)
    for writer in ("merge", "orm")
    for laps in (1_000, 20_000)
    for rows in (100, 5_000, 20_000)
    if rows <= max(laps, 5_000)
]


def main() -> None:
    """Measure each case in a child, or be that child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    case = parser.parse_args().case
    if case:
        print(json.dumps(_measure(*case)))
        return
    address = bench_import._make_database()
    print(
        f"{'writer':7}{'laps':>8}{'batch_rows':>12}{'process MB':>12}{'new MB':>10}{'changed MB':>12}"
    )
    for laps, rows, writer in CASES:
        bench_import._empty(address)
        found = _in_child([laps, rows, writer], address=address)
        figures = f"{found['own']:12.1f}{found['new']:10.1f}{found['changed']:12.1f}"
        print(f"{writer:7}{laps:8,}{rows:12,}{figures}", flush=True)


def _in_child(case: list[Any], *, address: str) -> dict[str, float]:
    command = [sys.executable, "-m", __spec__.name, "--case", json.dumps(case)]
    environment = os.environ | {"DATABASE_URL": address}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure(laps: int, batch_rows: int, writer: str) -> dict[str, float]:
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as folder:
        found = {"own": 0.0}
        for state, slower_ms in (("new", 0), ("changed", 7)):
            file = _write_race(Path(folder) / "race.csv", laps, slower_ms=slower_ms)
            found[state] = _peak_mb(file, writer=writer, batch_rows=batch_rows)
            found["own"] = max(found["own"], _own_kilobytes() / 1024)
    return found


def _peak_mb(file: Path, *, writer: str, batch_rows: int) -> float:
    from imports import actions
    from imports.flags import Flag
    from imports.pipeline.manifest import Statement

    registered = actions.register_paths([file], statement=Statement(source="bench"))
    values = {
        Flag.WRITER: writer,
        Flag.BATCH_ROWS: batch_rows,
        Flag.MEMORY_BUDGET_MB: 1_048_576,
    }
    order = actions.Order(trigger="command", options=values)
    run = actions.start_run(registered, order=order)
    actions.prepare(run, owner="bench")
    gc.collect()
    before = _kilobytes("status", "VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    options = actions.BatchOptions(name="bench")
    actions.process_races(actions.Races(run), max_concurrency=1, options=options)
    peak = _kilobytes("status", "VmHWM")
    assert run.checkpoints.get().state == "done"
    return (peak - before) / 1024


def _write_race(path: Path, laps: int, *, slower_ms: int) -> Path:
    lines = ["meeting,race,entrant,lap,time_ms,position"]
    cars = 20
    lines += [
        f"m,1,{lap % cars},{lap // cars + 1},{90_000 + lap % 997 + slower_ms},{lap % cars + 1}"
        for lap in range(laps)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def _own_kilobytes() -> int:
    return _kilobytes("smaps_rollup", "Private_Dirty")


def _kilobytes(file: str, name: str) -> int:
    for line in Path(f"/proc/self/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(f"There is no {name} in /proc/self/{file}.")


if __name__ == "__main__":
    main()
