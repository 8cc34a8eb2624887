"""Staged rows -> the races of the run, in their order. Reads only."""

from dataclasses import dataclass

from imports.models import ImportRun
from imports.pipeline.staging_tables import StagingTables


@dataclass(frozen=True)
class PlannedRace:
    """A race that the run's files speak of, and how many rows they hold of it."""

    number: int
    meeting_key: str
    race_key: str
    laps: int
    #: Rows that are not laps: the race, its entrants, its pit stops.
    records: int


def plan_races(run: ImportRun) -> list[PlannedRace]:
    """Give the races of the run by natural key."""
    staged = StagingTables(run.pk, run.epoch).rows("staged_races")
    return [PlannedRace(number, *race) for number, race in enumerate(staged, start=1)]
