"""The crash sweep in short; `make crash` is the long one (docs/crash-sweep.md)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 300


def _sweep(*arguments: str) -> tuple[int, Any]:
    """Run a sweep on a server of its own; give exit code and report."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.sweep", "--json", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ended.stdout, ended.stderr[-3_000:]
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


def test_nothing_is_lost_or_doubled_by_any_fault() -> None:
    code, report = _sweep(
        *("--worlds", "1", "--thin", "--seed", "short", "--kills", "6"),
        *("--backends", "3"),
        *("--stops", "1", "--answers", "3", "--freezes", "1", "--transactions", "20"),
        *("--parts", "kills", "backends", "stops", "answers", "freezes", "deadlocks"),
        *("beside", "--troubles", "1"),
    )

    assert report["bad"] == []
    assert (code, report["lost"], report["doubled"]) == (0, 0, 0)
    assert report["faults"] >= 14
    beside = report["parts"]["beside"]["of_which"]
    assert (beside["claims a race"], beside["commits a race"]) == (1, 1)
    assert report["stale_commits"] == 0


def test_planted_bugs_are_caught() -> None:
    """Those that show quickly; `make crash PLANTED=1` plants them all."""
    bugs = ("checkpoint after rows", "floor ignored", "no dedupe in a file")

    code, caught = _sweep("--planted", "--worlds", "1", "--seed", "1", "--bugs", *bugs)

    assert code == 0
    assert {bug for bug in bugs if caught[bug]} == set(bugs)
