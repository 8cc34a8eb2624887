"""The crash sweep in short; `make crash` is the long one (docs/crash-sweep.md)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
        *("--worlds", "1", "--seed", "short", "--kills", "6", "--backends", "3"),
        *("--stops", "1", "--answers", "3", "--freezes", "1", "--transactions", "20"),
        *("--parts", "kills", "backends", "stops", "answers", "freezes", "deadlocks"),
    )

    assert report["bad"] == []
    assert (code, report["lost"], report["doubled"]) == (0, 0, 0)
    assert report["faults"] >= 14


@pytest.mark.parametrize("bug", ["checkpoint after rows", "no dedupe in a file"])
def test_planted_bug_is_caught(bug: str) -> None:
    code, evidence = _sweep("--planted", "--worlds", "1", "--seed", "1", "--bugs", bug)

    assert code == 0
    assert evidence[bug]
