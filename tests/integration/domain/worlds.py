"""Races to plant faults in, as files, and what was warned of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imports.models import ImportRun
from stats.models import RaceStats, RaceWarning
from tests.conftest import Ingest

Row = dict[str, Any]
RESULT = ("number", "position", "laps_completed", "total_time_ms")
SECTORS = ("sector1_ms", "sector2_ms", "sector3_ms")
LAP = ("time_ms", "elapsed_ms", *SECTORS, "in_pit", "is_deleted")
LAPS = 5


@dataclass
class World:
    """A race of three with five laps each, of 60 s and a little more every lap."""

    kind: str = "race"
    results: dict[str, Row] = field(default_factory=lambda: {e: {} for e in "abc"})
    laps: dict[tuple[str, int], Row] = field(
        default_factory=lambda: {
            (entrant, lap): {"time_ms": 60_000 + 10 * lap}
            for entrant in "abc"
            for lap in range(1, LAPS + 1)
        }
    )

    def slow_lap(self, lap: int, time_ms: int, *entrants: str) -> None:
        for entrant in entrants:
            self.laps[entrant, lap]["time_ms"] = time_ms


Change = Callable[[World], Any]
Bring = Callable[..., ImportRun]


def results(**values: Any) -> Change:
    return lambda world: [row.update(values) for row in world.results.values()]


def laps(**values: Any) -> Change:
    return lambda world: [row.update(values) for row in world.laps.values()]


def clocks(world: World) -> None:
    for (_, lap), row in world.laps.items():
        row["elapsed_ms"] = lap * 61_000


def made(*changes: Change, kind: str = "race") -> World:
    world = World(kind=kind)
    for change in changes:
        change(world)
    return world


def found(race: str = "bad") -> dict[str, tuple[int, list[Row]]]:
    warnings = RaceWarning.objects.filter(race__key=race).order_by("code")
    return {w.code: (w.count, w.examples) for w in warnings}


def stats(race: str = "bad") -> RaceStats:
    return RaceStats.objects.get(race__key=race)


def _csv(path: Path, columns: tuple[str, ...], rows: dict[Any, Row]) -> Path:
    lines = [",".join(("meeting", "race", *columns))]
    for place, row in rows.items():
        cells = (*place, *(row.get(column, "") for column in columns[len(place) - 2 :]))
        lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n")
    return path


def bring_races(
    ingest: Ingest, folder: Path, *, day: int, worlds: dict[str, World]
) -> ImportRun:
    """Import whole races in complete files of that day."""
    kinds = {("m", r): {"kind": w.kind} for r, w in worlds.items()}
    entrants = {
        ("m", race, e): row
        for race, w in worlds.items()
        for e, row in w.results.items()
    }
    driven = {
        ("m", race, *place): row
        for race, w in worlds.items()
        for place, row in w.laps.items()
    }
    written = [
        _csv(folder / f"{name}{day}.csv", columns, rows)
        for name, columns, rows in (
            ("races", ("kind",), kinds),
            ("entrants", ("entrant", *RESULT), entrants),
            ("laps", ("entrant", "lap", *LAP), driven),
        )
        if rows
    ]
    observed = datetime(2024, 5, day, tzinfo=UTC)
    run = ingest(*written, statement={"observed_at": observed, "is_complete": True})
    assert run.state == "succeeded", run.message
    return run
