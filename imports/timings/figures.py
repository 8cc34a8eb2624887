"""The figures of one measure, and how they moved since the window before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Below so many values a change says nothing.
ENOUGH = 20
#: A change of less than this is none.
NOTABLE = 0.10


@dataclass(frozen=True)
class Figures:
    """What was measured n times, in milliseconds; None where it never was."""

    n: int = 0
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None
    #: Rows that went through it in one second of it.
    rate: float | None = None

    @classmethod
    def of(
        cls,
        n: int,
        percentiles: Sequence[float] | None,
        highest: float | None,
        *,
        rows: int | None = None,
        sum_ms: float | None = None,
    ) -> "Figures":
        """Give the figures from a row of a statement."""
        p50, p90, p95, p99 = percentiles or (None, None, None, None)
        return cls(n, p50, p90, p95, p99, highest, rate_of(rows, sum_ms))


@dataclass(frozen=True)
class Compared:
    """A measure in a window, beside the window before."""

    name: str
    now: Figures
    before: Figures

    @property
    def is_enough(self) -> bool:
        """Whether both windows have enough values to say that something changed."""
        return min(self.now.n, self.before.n) >= ENOUGH

    @property
    def cells(self) -> list[tuple[float | None, float | None]]:
        """Give p50 to max, each with its change."""
        names = ("p50", "p90", "p95", "p99", "max")
        return [(getattr(self.now, name), self.change(name)) for name in names]

    @property
    def rate(self) -> tuple[float | None, float | None]:
        """Give the rows a second with their change."""
        return self.now.rate, self.change("rate")

    @property
    def p95_change(self) -> float | None:
        """The change that the verdict is about."""
        return self.change("p95")

    def change(self, name: str) -> float | None:
        """Give by what share a figure grew; None where that cannot be said."""
        if not self.is_enough:
            return None
        return change_of(getattr(self.now, name), getattr(self.before, name))


def rate_of(rows: float | None, milliseconds: float | None) -> float | None:
    """Give rows a second; None where no row or no time is known."""
    return rows / milliseconds * 1000 if rows and milliseconds else None


def change_of(now: float | None, before: float | None) -> float | None:
    """Give by what share a value grew; None where it or the one before is none."""
    if now is None or not before:
        return None
    return now / before - 1
