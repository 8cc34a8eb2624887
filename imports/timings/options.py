"""What the ways of writing cost: by writer and batch size, and by lanes."""

from dataclasses import dataclass
from typing import Any

from imports import conf
from imports.pipeline import windows
from imports.timings.query import ask
from imports.timings.window import Window

#: The ways of writing are compared over the newest races of the window: flags change.
NEWEST_RACES = 20_000
#: Combinations of writer and batch size that are shown.
COMBINATIONS_SHOWN = 20


@dataclass(frozen=True)
class Way:
    """Races that were written in one way."""

    #: The writer and its batch size, or the number of lanes.
    names: tuple[Any, ...]
    races: int
    failed: int
    laps: int
    #: Milliseconds of writing for 1,000 laps.
    p50: float | None
    p95: float | None
    laps_a_second: float | None

    @property
    def error_share(self) -> float:
        """The share of the settled races that failed."""
        return self.failed / max(self.races + self.failed, 1)


@dataclass(frozen=True)
class Batches:
    """How many batches of five races came near their window, or went over it."""

    judged: int
    near: int
    over: int


def by_writer(window: Window) -> list[Way]:
    """Give the races by the writer and batch size that were in force."""
    rows = ask("races_by_writer", limit=COMBINATIONS_SHOWN, **_newest(window))
    return [_way(row, row["writer"], row["batch_rows"]) for row in rows]


def by_lanes(window: Window) -> tuple[list[Way], Batches]:
    """Give the races by the lanes of their runs, and what their batches came to."""
    limits = {"near": windows.NEAR, "batch": conf.get("WINDOW_BATCH_MS")}
    rows = ask("races_by_lanes", **limits, **_newest(window))
    judged, near, over = (
        sum(row[name] for row in rows)
        for name in ("batches", "batches_near", "batches_over")
    )
    return [_way(row, row["lanes"]) for row in rows], Batches(judged, near, over)


def _newest(window: Window) -> dict[str, Any]:
    return {"since": window.since, "until": window.until, "newest": NEWEST_RACES}


def _way(row: dict[str, Any], *names: Any) -> Way:
    p50, p95 = row["ms_per_1000"] or (None, None)
    seconds = row["seconds"]
    return Way(
        names=names,
        races=row["races"],
        failed=row["failed"],
        laps=row["laps"],
        p50=p50,
        p95=p95,
        laps_a_second=row["laps"] / seconds if seconds else None,
    )
