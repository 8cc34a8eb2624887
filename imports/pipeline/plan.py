"""Staged rows -> the races of the run, in their order. Reads only."""

from dataclasses import dataclass

from imports.models import ImportRun
from imports.pipeline.staging_tables import StagingTables


@dataclass(frozen=True)
class PlannedRace:
    """A race that the run's files speak of, and how many laps they hold of it."""

    number: int
    meeting_key: str
    race_key: str
    laps: int


def plan_races(run: ImportRun) -> list[PlannedRace]:
    """Give the races of the run by natural key."""
    staged = StagingTables(run.pk).rows("staged_races")
    return [
        PlannedRace(number=number, meeting_key=meeting, race_key=race, laps=laps)
        for number, (meeting, race, laps) in enumerate(staged, start=1)
    ]
