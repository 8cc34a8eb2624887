"""What is imported while things break: small overlapping files, by a seed.

Twelve small races in two meetings, and files that agree, disagree, repeat, correct
and come late. The result is the same in any order; a scenario fixes one.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

MEETINGS = ("ashford", "brands")
RACES = ("1", "2", "3", "4", "5", "6")
CARS = ("7", "8", "9")
LAPS = (1, 2, 3, 4)
FIRST = datetime(2024, 5, 1, tzinfo=UTC)

Row = tuple[object, ...]


@dataclass(frozen=True)
class Delivery:
    """Files that one command imports, and what is said of them."""

    paths: tuple[Path, ...]
    arguments: tuple[str, ...]


class World:
    """The files of a seed, in a folder; `deliveries` is the order they come in."""

    def __init__(self, seed: int, folder: Path, *, races: int = len(RACES)) -> None:
        self.seed = seed
        self._folder = folder / f"world-{seed}"
        self._folder.mkdir(parents=True)
        self._random = random.Random(seed)
        self.races = [(m, r) for m in MEETINGS for r in RACES[:races]]
        self._keys = [(m, r, c, n) for m, r in self.races for c in CARS for n in LAPS]
        self._times = {
            key: 60_000 + self._random.randrange(9_000) for key in self._keys
        }
        self._places = {key: self._random.randint(1, 3) for key in self._keys}
        self.deliveries = self._deliveries()

    def _deliveries(self) -> list[Delivery]:
        times = self._times
        repeated = self._some(0.3)
        corrected = self._some(0.2)
        return [
            self._deliver(
                1, ("meetings", self._meetings("one")), ("entries", self._entries())
            ),
            self._deliver(
                10, ("laps", self._laps(self._keys)), ("stops", self._stops())
            ),
            # Says again what is stored: only its version counts, against the next.
            self._deliver(30, ("again", self._laps(repeated))),
            # Ends what it does not hold: the next ones come late, and some of it again.
            self._deliver(25, ("whole", self._laps(self._some(0.8))), is_complete=True),
            self._deliver(
                20,
                ("between", self._laps(repeated, shift=500)),
                ("fixes", self._twice(self._laps(corrected, shift=7))),
            ),
            self._deliver(
                5,
                ("late", self._laps(self._some(0.3), shift=-900, columns=1)),
                ("meetings", self._meetings("two")),
                ("results", self._results(times)),
            ),
        ]

    def _some(self, share: float) -> list[tuple[str, str, str, int]]:
        return [key for key in self._keys if self._random.random() < share]

    def _laps(
        self,
        keys: Iterable[tuple[str, str, str, int]],
        *,
        shift: int = 0,
        columns: int = 2,
    ) -> list[Row]:
        header = ("meeting", "race", "entrant", "lap", "time_ms", "position")
        rows = [(*key, self._times[key] + shift, self._places[key]) for key in keys]
        self._random.shuffle(rows)
        return [row[: 4 + columns] for row in [header, *rows]]

    def _twice(self, table: list[Row]) -> list[Row]:
        """Repeat rows in the same file: some as they are, some with another value."""
        header, *rows = table
        more = [
            (*row[:4], int(str(row[4])) + self._random.choice((0, 11)), *row[5:])
            for row in rows
            if self._random.random() < 0.4
        ]
        return [header, *rows, *more]

    def _entries(self) -> list[Row]:
        header = ("meeting", "race", "entrant", "number", "competitor", "team")
        rows = [
            (m, r, c, c, f"driver-{c}", f"team-{self._random.randint(1, 2)}")
            for m, r in self.races
            for c in CARS
        ]
        return [header, *rows]

    def _results(self, times: dict[tuple[str, str, str, int], int]) -> list[Row]:
        header = ("meeting", "race", "entrant", "position", "team", "status")
        rows: list[Row] = []
        for m, r in self.races:
            order = sorted(CARS, key=lambda c: sum(times[m, r, c, n] for n in LAPS))
            rows += [
                (m, r, c, place, f"team-{self._random.randint(1, 3)}", "finished")
                for place, c in enumerate(order, start=1)
            ]
        return [header, *rows]

    def _stops(self) -> list[Row]:
        header = ("meeting", "race", "entrant", "stop", "lap", "duration_ms")
        rows = [
            (m, r, c, 1, 2, 20_000 + self._random.randrange(5_000))
            for m, r in self.races
            for c in CARS
        ]
        return [header, *rows]

    def _meetings(self, word: str) -> list[Row]:
        header = ("meeting", "name", "venue", "season")
        return [
            header,
            *((m, f"{m} {word}", f"circuit-{word}", 2024) for m in MEETINGS),
        ]

    def _deliver(
        self, hours: int, *tables: tuple[str, list[Row]], is_complete: bool = False
    ) -> Delivery:
        paths = []
        for name, rows in tables:
            path = self._folder / f"{hours:02}-{name}.csv"
            lines = [",".join(map(str, row)) for row in rows]
            path.write_text("\n".join(lines) + "\n")
            paths.append(path)
        observed = FIRST + timedelta(hours=hours)
        said = ("--complete",) if is_complete else ()
        return Delivery(tuple(paths), ("--observed-at", observed.isoformat(), *said))
