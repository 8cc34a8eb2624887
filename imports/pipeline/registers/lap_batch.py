"""The staged laps of one race beside the stored ones, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from imports.errors import StagingLost
from imports.models import Counts
from imports.pipeline.registers.decide import MANUAL_FROM, NEVER
from imports.pipeline.registers.journal import Place
from imports.pipeline.registers.laps import NO_FLOOR, Floor
from imports.pipeline.registers.staged import StagedRun

NOTHING = Counts()


@dataclass(frozen=True)
class LapBatch:
    """The staged laps of one race, whose entrants are stored."""

    run: StagedRun
    place: Place
    race_id: int
    #: Rows in staging.
    staged: int
    #: Ids of the race's entrants, by key.
    entrant_ids: Mapping[str, int]
    floor: Floor
    #: Whether laps of the race are stored already.
    has_laps: bool

    @cached_property
    def stating(self) -> list[int]:
        """The files of the run that hold laps of the race, by number."""
        lap_files = [n for n, file in self.run.files.items() if file.lap_columns]
        # Only a complete file makes it matter which of them do.
        is_any_complete = any(self.run.files[n].is_complete for n in lap_files)
        if len(lap_files) == 1 or not is_any_complete:
            return lap_files
        return self.run.tables.column("files_of_race", **self._race())

    @cached_property
    def complete(self) -> list[Floor]:
        """The complete files that hold laps of the race, the newest first."""
        stating = (self.run.files[number] for number in self.stating)
        found = (Floor(f.version, f.lap_columns) for f in stating if f.is_complete)
        return sorted(found, key=lambda f: f.version, reverse=True)

    @property
    def raised_floor(self) -> Floor:
        """The floor once the run's complete files are in."""
        newest = next(iter(self.complete), self.floor)
        return newest if newest.version >= self.floor.version else self.floor

    @property
    def is_uniform(self) -> bool:
        """Whether all staged laps state the same columns, and the floor's file too.

        Also where two complete files meet, or a complete one may be contested under
        `hold`, each lap must be decided by itself.
        """
        if len(self.run.lap_columns) != 1:
            return False
        if self.complete and (self.run.holds or len(self.stating) > 1):
            return False
        return self.floor == NO_FLOOR or {self.floor.columns} == self.run.lap_columns

    def parameters(self) -> dict[str, object]:
        """Give the parameters of the statements on laps."""
        return {
            **self._race(),
            "entrant_keys": list(self.entrant_ids),
            "entrant_ids": list(self.entrant_ids.values()),
            "floor": self.floor.version,
            "complete": self.complete[0].version if self.complete else None,
            "never": NEVER,
            "manual": MANUAL_FROM,
            "holds": self.run.holds,
            "checkpoint": self.place.checkpoint_id,
            **self.run.file_arrays(),
        }

    def check_staged(self, found: int) -> None:
        """See that staging still holds the laps: a server crash empties it."""
        if found != self.staged:
            raise StagingLost

    def _race(self) -> dict[str, object]:
        return {
            "meeting_key": self.place.meeting_key,
            "race_key": self.place.race_key,
        }


@dataclass(frozen=True)
class LapResult:
    """What became of a batch."""

    counts: Counts = NOTHING
    removed: int = 0
    #: The floor of the race's laps from now on.
    floor: Floor = NO_FLOOR
    #: Whether all laps of the race are new: their inserts are not listed one by one.
    is_fresh: bool = False
