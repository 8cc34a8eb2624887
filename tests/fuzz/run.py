"""`make fuzz`: many inputs, in processes of their own that may die of one.

Prints what became of the inputs by format and code. An input that ends its process is
kept, its place is printed, and it is brought to the sandbox, which must refuse it by
type. Ends with 1 where it does not, where a reader raised what is no refusal, or lost a
row.
"""

import argparse
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

from imports.errors import FileRejected
from imports.readers.sandbox.parent import Request, Sandbox
from tests.fuzz.seeds import SEEDS

MIB = 1024**2
BATCH_INPUTS = 2_000
BATCH_SECONDS = 600
#: How the sandbox says that a child died.
TYPED_DEATHS = {"parser_oom", "parser_crash", "parser_timeout"}


@dataclass
class Tally:
    """What became of all inputs so far."""

    seed: int
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    #: Inputs that ended a process that had no sandbox around it.
    killers: list[str] = field(default_factory=list)
    peak_bytes: int = 0

    def run_batch(self, numbers: range) -> None:
        """Run one batch; where an input ends its process, go on behind that one."""
        while numbers:
            folder = Path(tempfile.mkdtemp(prefix="batch-", dir=self.folder))
            batch = self._start(numbers, folder)
            *told, last = (folder / "outcomes").read_text().split("\n")
            self.counts.update(line.partition(" ")[2] for line in told)
            self._find(folder)
            if batch.returncode == 0:
                self.peak_bytes = max(self.peak_bytes, int(batch.stdout))
                return
            number, _, form = last.partition(" ")
            self._take_death(folder / "input", form=form, number=number)
            numbers = range(int(number) + 1, numbers.stop)

    def _start(
        self, numbers: range, folder: Path
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "tests.fuzz.batch", str(self.seed)]
        return subprocess.run(
            [*command, str(numbers.start), str(numbers.stop), str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # Its threads share one core; so do the allocations that can fail.
            env=os.environ | {"POLARS_MAX_THREADS": "1"},
            timeout=BATCH_SECONDS,
        )

    def _find(self, folder: Path) -> None:
        """Name what the batch has found, with the words of exceptions."""
        for path in folder.glob("finding-*"):
            trace = folder / f"trace-{path.name.split('-')[1]}"
            words = trace.read_text() if trace.exists() else ""
            self.findings.append(f"{path} {words}")

    def _take_death(self, path: Path, *, form: str, number: str) -> None:
        """Keep the input that ended a process; the sandbox must have a word for it."""
        name = SEEDS[form.removesuffix(": ")].name
        kept = self.folder / f"killer-{number}-{name}"
        shutil.copy(path, kept)
        code = refusal_of(kept, name=name)
        self.killers.append(f"{kept}: {code}")
        self.counts[f"{form}{code} (its child died)"] += 1
        if code not in TYPED_DEATHS:
            self.findings.append(f"{kept}: {code}")


def refusal_of(path: Path, *, name: str) -> str:
    """Give the code that the sandbox refuses a file with; a new child must be able to."""
    request = Request(path=path, file_number=1, rejections_per_code=10, name=name)
    with Sandbox() as sandbox:
        try:
            return "".join(message.letter for message in sandbox.read(request))
        except FileRejected as error:
            return error.code


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
    if not (tally.findings or tally.killers):
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
        f"at most {tally.peak_bytes // MIB} MiB, {len(tally.killers)} children died, "
        f"{len(tally.findings)} findings"
    )
    for killer in tally.killers:
        print(f"ended its child: {killer}")
    for finding in tally.findings:
        print(f"FINDING {finding}")


if __name__ == "__main__":
    sys.exit(main())
