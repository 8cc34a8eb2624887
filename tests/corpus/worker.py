"""The process that imports one family: what became of its files, what memory it took.

Its files are written by another process, so that the peak is the import's alone. Prints
one JSON object; `run` starts it with the address of a database.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

MIB = 1024**2
SAMPLE_SECONDS = 0.02


def peak_bytes(pid: int | str = "self") -> int:
    """Give the most memory that a process has held so far; 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


class ChildWatch(threading.Thread):
    """Samples the peaks of the children that read; each keeps its own until it ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._is_over = threading.Event()

    def run(self) -> None:
        children = Path(f"/proc/{os.getpid()}/task")
        while not self._is_over.wait(SAMPLE_SECONDS):
            for listed in children.glob("*/children"):
                try:
                    pids = listed.read_text().split()
                except OSError:
                    continue
                self.peak = max([self.peak, *map(peak_bytes, filter(_is_reader, pids))])

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def _is_reader(pid: str) -> bool:
    """Whether it is what it will be; until it has started it is a copy of this one."""
    try:
        return (
            b"imports.readers.sandbox.child"
            in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
    except OSError:
        return False


def work(family: str, folder: Path, *, with_heavy: bool) -> dict[str, Any]:
    """Import the family; give what differed and the figures."""
    from tests.corpus.bring import GOOD_LAPS, bring
    from tests.corpus.families import files_of
    from tests.corpus.verdict import faults

    files = files_of(family, with_heavy=with_heavy)
    before = peak_bytes()
    watch = ChildWatch()
    watch.start()
    paths = sorted(path for path in folder.iterdir() if path.name.isdigit())
    brought = bring(files, paths, group=f"good-{family}")
    watch.stop()
    slowest = max(brought.outcomes, key=lambda outcome: outcome.seconds)
    unexpected = {o.file.name[:60]: f for o in brought.outcomes if (f := faults(o))}
    if brought.good_laps != GOOD_LAPS:
        unexpected["good.csv"] = [f"has {brought.good_laps} laps"]
    if not brought.run.row_counts.is_balanced:
        unexpected["the run"] = ["its accounts are not balanced"]
    if failed := list(
        brought.run.checkpoints.exclude(state="done").values_list("race_key", "message")
    ):
        unexpected["races"] = [f"{key}: {message}" for key, message in failed]
    return {
        "files": len(files),
        "unexpected": unexpected,
        "peak_bytes": peak_bytes(),
        "idle_bytes": before,
        "child_peak_bytes": watch.peak,
        "seconds": sum(outcome.seconds for outcome in brought.outcomes),
        "slowest": [slowest.file.name[:60], slowest.seconds],
        "outcomes": [
            [
                o.file.name[:60],
                o.state,
                o.error,
                o.message,
                o.rows,
                o.rejected,
                [[r.row, r.column, r.code, r.message] for r in o.refused[:6]],
                o.notices,
                o.seconds,
            ]
            for o in brought.outcomes
        ],
    }


def main() -> None:
    """Work as `run` says by arguments: the family, the folder, and `heavy`."""
    import django

    django.setup()
    family, folder, *rest = sys.argv[1:]
    result = work(family, Path(folder), with_heavy=rest == ["heavy"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
