"""Several sweeps beside each other, each with a server of its own; one report."""

import argparse
import json
import subprocess
import sys
from typing import Any

#: Parts that are so many faults can be shared out; the others go to one job each.
COUNTED = ("kills", "backends", "stops", "answers", "freezes")
PART_SUMS = ("faults", "claims_again")
NOTHING: dict[str, Any] = {"of_which": {}, "seconds": 0}
SUMS = (
    "scenarios",
    "commands",
    "faults",
    "lost",
    "doubled",
    "claims_again",
    "commits",
    "stale_commits",
)


def run_jobs(wanted: argparse.Namespace) -> dict[str, Any]:
    """Share the faults out, wait for all, and give the sums."""
    running = [
        subprocess.Popen(_command(wanted, job), stdout=subprocess.PIPE, text=True)
        for job in range(wanted.jobs)
    ]
    reports = []
    for process in running:
        said, _ = process.communicate()
        lines = said.strip().splitlines()
        if not lines:
            raise SystemExit(f"A job ended with {process.returncode} and no report.")
        reports.append(json.loads(lines[-1]))
    return _sum(wanted, reports)


def _command(wanted: argparse.Namespace, job: int) -> list[str]:
    whole = [name for name in wanted.parts if name not in COUNTED]
    parts = [name for name in wanted.parts if name in COUNTED]
    parts += [name for at, name in enumerate(whole) if at % wanted.jobs == job]
    command = [sys.executable, "-m", "tests.crash.sweep", "--json"]
    command += ["--seed", f"{wanted.seed}-{job}", "--parts", *parts]
    for name in COUNTED:
        share = -(-getattr(wanted, name) // wanted.jobs)
        command += [f"--{name}", str(share)]
    for name in ("queries", "cuts", "transactions", "worlds", "troubles"):
        command += [f"--{name}", str(getattr(wanted, name))]
    return command


def _sum(wanted: argparse.Namespace, reports: list[dict[str, Any]]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for report in reports:
        for name, found in report["parts"].items():
            part = parts.setdefault(name, dict.fromkeys(PART_SUMS, 0) | NOTHING)
            for sum_of in PART_SUMS:
                part[sum_of] += found[sum_of]
            # Zeros stay: they are what is to be shown.
            for name_of, number in found["of_which"].items():
                before = part["of_which"].get(name_of, 0)
                part["of_which"] = part["of_which"] | {name_of: before + number}
            part["seconds"] = max(part["seconds"], found["seconds"])
    return {
        "seed": wanted.seed,
        "parts": {name: parts[name] for name in wanted.parts if name in parts},
        **{name: sum(report[name] for report in reports) for name in SUMS},
        "bad": [line for report in reports for line in report["bad"]],
        "seconds": max(report["seconds"] for report in reports),
    }
