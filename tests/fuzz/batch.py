"""One process's share of `make fuzz`: inputs by numbers, read one after another.

The input stands in a file before it is read, so that who started this process has it
if this process dies. Prints one JSON object.
"""

import json
import random
import resource
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.edits import apply, draw
from tests.fuzz.reading import LIMITS, outcome
from tests.fuzz.seeds import SEEDS

#: Findings of one batch that are told in full.
MAX_FINDINGS = 5


def make(seed: int, number: int) -> tuple[str, bytes]:
    """Give an input: the name of its format and its bytes, the same for a number."""
    chance = random.Random(f"{seed}-{number}")
    formats = list(SEEDS)
    name = formats[number % len(formats)]
    edits = draw(chance)
    place = chance.randrange(1_000)
    return name, SEEDS[name].changed(lambda data: apply(edits, data), place=place)


def work(seed: int, numbers: range, *, folder: Path) -> dict[str, object]:
    """Read the inputs of these numbers; give what became of them."""
    counts: Counter[str] = Counter()
    findings: list[str] = []
    path = folder / "input"
    for number in numbers:
        name, data = make(seed, number)
        path.write_bytes(data)
        told = ""
        try:
            found = outcome(path, name=SEEDS[name].name)
        except Exception:
            found, told = "exception", traceback.format_exc(limit=-2)
        if found in ("exception", "parser_crash", "reader_failed"):
            kept = folder / f"finding-{seed}-{number}-{SEEDS[name].name}"
            kept.write_bytes(data)
            if len(findings) < MAX_FINDINGS:
                findings.append(f"{kept}: {found} {told}")
        counts[f"{name}: {found}"] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"counts": counts, "findings": findings, "peak_bytes": peak}


def main() -> None:
    """Work as the arguments say: seed, first number, end, folder for inputs."""
    seed, first, end, folder = sys.argv[1:]
    LIMITS.apply()
    with tempfile.TemporaryDirectory() as scratch:
        tempfile.tempdir = scratch
        numbers = range(int(first), int(end))
        result = work(int(seed), numbers, folder=Path(folder))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
