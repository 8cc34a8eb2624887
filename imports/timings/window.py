"""A window of time, the one before it, and the steps of a chart of it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: The windows that are offered, by the name in the address.
SPANS: dict[str, tuple[str, timedelta]] = {
    "1h": ("1 hour", timedelta(hours=1)),
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
USUAL = "24h"
#: A longer one would read more rows than a page should.
LONGEST = timedelta(days=92)
#: A chart has at most so many bars, each of a length that people count in.
BARS = 72
STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        1,
        5,
        15,
        60,
        300,
        900,
        1800,
        3600,
        7200,
        21600,
        43200,
        86400,
        172800,
    )
)


@dataclass(frozen=True)
class Window:
    """From one moment up to, and without, another."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    @property
    def before(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        return Window(self.since - self.length, self.since)

    @property
    def step(self) -> timedelta:
        """The length of a bar of its chart."""
        fitting = (step for step in STEPS if step * BARS >= self.length)
        return next(fitting, STEPS[-1])

    def as_parameters(self) -> dict[str, datetime]:
        """Give its bounds as the statements of `timings.sql` name them."""
        before = self.before.since
        return {"before": before, "since": self.since, "until": self.until}


def latest(span: str, *, now: datetime) -> Window:
    """Give the window of a name that ends now."""
    return Window(now - SPANS[span][1], now)
