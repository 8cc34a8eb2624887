"""The last runs as thin bars, newest on the right: how long each took, how it ended."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from imports.admin.badges import RUN_TONES
from imports.models import ImportRun
from ingestion_site.lib import cells

RUNS_SHOWN = 50
#: The drawing's own units, a bar each and a gap.
PITCH, WIDTH, HEIGHT = 12, 9, 48
#: Else the shortest run could not be seen.
LOWEST = 2.0


@dataclass(frozen=True)
class Bar:
    """A run."""

    pk: int
    x: int
    y: float
    height: float
    tone: str
    words: str


@dataclass(frozen=True)
class Strip:
    """The last runs, and how long half of those that are over took at most."""

    bars: list[Bar]
    median: float | None
    longest: float
    width: int
    height: int = HEIGHT


def draw_last_runs() -> Strip | None:
    """Draw the last runs that have begun; None before the first."""
    begun = ImportRun.objects.filter(started_at__isnull=False)
    newest = list(begun.order_by("-created_at", "-pk")[:RUNS_SHOWN])
    return draw(newest[::-1]) if newest else None


def draw(runs: Sequence[ImportRun]) -> Strip:
    """Place runs, the oldest first."""
    seconds = [_seconds(run) for run in runs]
    over = [took for run, took in zip(runs, seconds, strict=True) if run.is_final]
    longest = max(seconds)
    return Strip(
        bars=[
            _bar(run, took / longest if longest else 0.0, place)
            for place, (run, took) in enumerate(zip(runs, seconds, strict=True))
        ],
        median=statistics.median(over) if over else None,
        longest=longest,
        width=PITCH * RUNS_SHOWN,
    )


def _seconds(run: ImportRun) -> float:
    # A plan waits for a person, which is no work.
    return run.duration.total_seconds() if run.duration and not run.is_plan else 0.0


def _bar(run: ImportRun, share: float, place: int) -> Bar:
    height = round(max(share * HEIGHT, LOWEST), 2)
    return Bar(
        pk=run.pk,
        x=place * PITCH,
        y=HEIGHT - height,
        height=height,
        tone=RUN_TONES[ImportRun.State(run.state)],
        words=f"Run {run.pk}: {run.state}, {cells.duration(_seconds(run))}",
    )
