"""What a lap writer takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from imports.models import Counts
from imports.pipeline.write.staged import StagedRun


@dataclass(frozen=True)
class LapBatch:
    """The staged laps of one race, whose entrants are stored."""

    run: StagedRun
    race_id: int
    meeting_key: str
    race_key: str
    #: Rows in staging.
    staged: int
    #: Ids of the race's entrants, by key.
    entrant_ids: Mapping[str, int]
    #: `Race.laps_floor`: what is older is not applied.
    floor: UUID
    #: Whether laps of the race are stored already.
    has_laps: bool

    def parameters(self) -> dict[str, object]:
        """Give the parameters that name the batch in SQL."""
        return {
            "meeting_key": self.meeting_key,
            "race_key": self.race_key,
            "entrant_keys": list(self.entrant_ids),
            "entrant_ids": list(self.entrant_ids.values()),
        }


@dataclass(frozen=True)
class LapResult:
    """What became of a batch."""

    counts: Counts = field(default_factory=Counts)
    conflicts: int = 0
