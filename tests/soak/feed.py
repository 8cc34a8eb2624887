"""Files of made-up laps, and runs of them in the queue."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from imports import actions
from imports.actions import Order
from imports.models import ImportRun
from imports.pipeline.manifest import Statement

HEADER = "meeting,race,entrant,lap,time_ms\n"
CARS = 20


def write_race(path: Path, *, meeting: str, races: int, laps: int) -> Path:
    """Write a file of some races of so many laps."""
    with path.open("w") as file:
        file.write(HEADER)
        for race in range(1, races + 1):
            for number in range(laps):
                lap, car = divmod(number, CARS)
                time_ms = 60_000 + (number * 7919 + race) % 5_000
                file.write(f"{meeting},{race},{car + 1},{lap + 1},{time_ms}\n")
    return path


def small_files(folder: Path, *, count: int, laps: int) -> Iterator[Path]:
    """Write many files of one short race each."""
    for number in range(count):
        path = folder / f"{number:06}.csv"
        yield write_race(path, meeting=f"small-{number}", races=1, laps=laps)


def queue(paths: Iterable[Path], *, source: str) -> int:
    """Make a run of files, leave it to the workers; give its id."""
    files = actions.register_paths(paths, statement=Statement(source=source))
    order = Order(trigger=ImportRun.Trigger.COMMAND)
    run = actions.start_run(files, order=order, in_queue=True)
    return int(run.pk)
