"""What is asked of one statement, and what became of it."""

from dataclasses import dataclass
from typing import Any

from stats.errors import StaleSnapshot
from stats.models import StatSnapshot


@dataclass(frozen=True)
class SnapshotWrite:
    """A document to write; with a version it is written only over that one.

    `expected_version` is None (the last write wins), 0 (there must be no snapshot yet)
    or the version that was read.
    """

    scope: str
    stats_type: str
    data: dict[str, Any]
    expected_version: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What there is one snapshot of."""
        return self.scope, self.stats_type


@dataclass(frozen=True)
class BatchResult:
    """Each write of a batch is in one of the two: written, or left for its version."""

    written: list[StatSnapshot]
    stale: list[StaleSnapshot]
