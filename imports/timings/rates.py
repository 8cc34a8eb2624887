"""Rows a second over time: a window in, the steps of its chart out."""

from dataclasses import dataclass
from datetime import datetime

from imports.timings.query import ask
from imports.timings.window import Window


@dataclass(frozen=True)
class Step:
    """A part of the window: what was written in it, and how long lanes worked at it."""

    at: datetime
    races: int
    rows: int
    #: Seconds in which at least one lane worked.
    seconds: float

    @property
    def rate(self) -> float:
        """Rows a second while at least one lane worked."""
        return self.rows / self.seconds if self.seconds else 0.0


def rates_over_time(window: Window) -> list[Step]:
    """Give the steps in which races were written."""
    bounds = {"since": window.since, "until": window.until, "step": window.step}
    return [
        Step(row["step"], row["races"], row["rows"], row["seconds"])
        for row in ask("rates_over_time", **bounds)
    ]


def rate_of_all(steps: list[Step]) -> float | None:
    """Give the rows a second of all steps together."""
    seconds = sum(step.seconds for step in steps)
    return sum(step.rows for step in steps) / seconds if seconds else None
