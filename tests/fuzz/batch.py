"""One process's share of `make fuzz`: inputs by numbers, read one after another.

The input and its number stand in files before it is read, so that who started this
process has them if this process dies. Prints the most memory that it held.
"""

import random
import resource
import sys
import tempfile
import traceback
from pathlib import Path

from tests.fuzz.edits import apply, draw
from tests.fuzz.reading import LIMITS, outcome
from tests.fuzz.seeds import SEEDS

#: Outcomes that are faults of ours, whatever the input.
FINDINGS = {"exception", "parser_crash", "reader_failed"}


def make(seed: int, number: int) -> tuple[str, bytes]:
    """Give an input: the name of its format and its bytes, the same for a number."""
    chance = random.Random(f"{seed}-{number}")
    formats = list(SEEDS)
    name = formats[number % len(formats)]
    edits = draw(chance)
    place = chance.randrange(1_000)
    return name, SEEDS[name].changed(lambda data: apply(edits, data), place=place)


def work(seed: int, numbers: range, *, folder: Path) -> None:
    """Read the inputs of these numbers; tell each outcome before the next is read."""
    path = folder / "input"
    with (folder / "outcomes").open("a") as told:
        for number in numbers:
            name, data = make(seed, number)
            path.write_bytes(data)
            told.write(f"{number} {name}: ")
            told.flush()
            try:
                found = outcome(path, name=SEEDS[name].name)
            except Exception:
                found = "exception"
                (folder / f"trace-{number}").write_text(traceback.format_exc(limit=-2))
            if found in FINDINGS:
                (folder / f"finding-{number}-{SEEDS[name].name}").write_bytes(data)
            told.write(f"{found}\n")


def main() -> None:
    """Work as the arguments say: seed, first number, end, folder for what is told."""
    seed, first, end, folder = sys.argv[1:]
    LIMITS.apply()
    with tempfile.TemporaryDirectory() as scratch:
        tempfile.tempdir = scratch
        work(int(seed), range(int(first), int(end)), folder=Path(folder))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()
