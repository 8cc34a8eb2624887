"""`make fuzz`: many inputs, in processes of their own that may die of one.

Prints what became of the inputs by format and code. Ends with 1 where a reader died,
raised what is no refusal, or lost a row; the input is kept and its place printed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024**2
BATCH_INPUTS = 2_000
BATCH_SECONDS = 600


@dataclass
class Tally:
    """What became of all inputs so far."""

    seed: int
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    peak_bytes: int = 0

    def run_batch(self, numbers: range) -> None:
        """Run one batch in a process of its own; go on behind an input that kills it."""
        folder = Path(tempfile.mkdtemp(prefix="batch-", dir=self.folder))
        command = [sys.executable, "-m", "tests.fuzz.batch", str(self.seed)]
        arguments = [str(numbers.start), str(numbers.stop), str(folder)]
        environment = os.environ | {"POLARS_MAX_THREADS": "1"}
        batch = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=BATCH_SECONDS,
        )
        if batch.returncode:
            kept = self.folder / f"killer-{self.seed}-{numbers.start}-{numbers.stop}"
            shutil.copy(folder / "input", kept)
            self.findings.append(
                f"{kept}: the process died ({batch.returncode}): {batch.stderr[-500:]}"
            )
            return
        result = json.loads(batch.stdout.splitlines()[-1])
        self.counts.update(result["counts"])
        self.findings += result["findings"]
        self.peak_bytes = max(self.peak_bytes, result["peak_bytes"])


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scrutineer-fuzz-"))
    tally = Tally(asked.seed, folder)
    started = time.monotonic()
    ends = range(0, asked.inputs, BATCH_INPUTS)
    batches = [range(n, min(n + BATCH_INPUTS, asked.inputs)) for n in ends]
    with ThreadPoolExecutor(asked.jobs) as pool:
        list(pool.map(tally.run_batch, batches))
    _tell(tally, seconds=time.monotonic() - started)
    if not tally.findings:
        shutil.rmtree(folder)
    return 1 if tally.findings else 0


def _tell(tally: Tally, *, seconds: float) -> None:
    codes: dict[str, Counter[str]] = {}
    for name, count in tally.counts.items():
        form, _, code = name.partition(": ")
        codes.setdefault(code, Counter())[form] += count
    for code, forms in sorted(codes.items(), key=lambda each: -each[1].total()):
        listed = ", ".join(f"{form} {count:,}" for form, count in forms.most_common())
        print(f"{forms.total():>9,}  {code:<20} {listed}")
    total = tally.counts.total()
    print(
        f"{total:,} inputs of seed {tally.seed} in {seconds:,.0f} s "
        f"({total / seconds:,.0f} a second), {len(codes)} outcomes, "
        f"at most {tally.peak_bytes // MIB} MiB, {len(tally.findings)} findings"
    )
    for finding in tally.findings:
        print(finding)


if __name__ == "__main__":
    sys.exit(main())
