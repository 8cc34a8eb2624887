"""Does anybody work? Red where runs wait and no lane has taken anything for long.

Nothing waits while the kill switch is off; cancelled runs and plans wait for nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from imports.alerts.limits import limit
from imports.alerts.rule import rows


@dataclass(frozen=True)
class WorkerHealth:
    """What waits, since when, and when anybody last worked."""

    is_enabled: bool
    runs_waiting: int
    waiting_since: datetime | None
    last_worked_at: datetime | None
    now: datetime
    allowed: timedelta

    @property
    def nobody_works_since(self) -> datetime | None:
        """Since when something waits and nobody takes anything; None: all is well."""
        if self.waiting_since is None:
            return None
        since = max(self.waiting_since, self.last_worked_at or self.waiting_since)
        return since if self.now - since > self.allowed else None

    @property
    def said(self) -> str:
        """What it comes to, in a sentence."""
        if not self.is_enabled:
            return "Ingestion is switched off: nothing is waited for."
        if not self.runs_waiting:
            return "Nothing waits."
        if self.nobody_works_since is None:
            return "Runs wait, and workers take them."
        return (
            "Runs wait and no worker takes anything. See that `make worker` runs and "
            "look at its log; restart it if it hangs."
        )


def look() -> WorkerHealth:
    """Ask the tables how things stand now."""
    seconds = limit("UNWORKED_SECONDS")
    [(is_enabled, waiting, since, worked, now)] = rows("worker_health", seconds=seconds)
    return WorkerHealth(
        is_enabled=is_enabled,
        runs_waiting=waiting,
        waiting_since=since,
        last_worked_at=worked,
        now=now,
        allowed=timedelta(seconds=seconds),
    )
