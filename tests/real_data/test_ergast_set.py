"""The Ergast tables of 2025: a whole folder in one run, each row accounted for."""

import csv
from collections import Counter

import pytest

from imports.models import RunFile
from races.models import Competitor, Entrant, Lap, Meeting, PitStop, Team, Venue

pytestmark = pytest.mark.django_db

#: Rows of the files that hold rows of ours, each of them a record.
READ = {
    "circuits.csv": 77,
    "constructors.csv": 212,
    "drivers.csv": 864,
    "pit_stops.csv": 12_016,
    "qualifying.csv": 10_854,
    "races.csv": 1_149,
    "results_2021-2023.csv": 1_320,
    "seasons.csv": 76,
    "sprint_results.csv": 420,
    "status.csv": 139,
}


def keys_of(path, *columns):
    """Give the different keys of a file, by the library's own reader."""
    with path.open(encoding="utf-8", newline="") as file:
        return Counter(tuple(row[c] for c in columns) for row in csv.DictReader(file))


def test_whole_folder_is_in(data, ingest):
    folder = data / "permissive" / "f1_cc0_2025-10"

    run = ingest(*sorted(folder.glob("*.csv")))

    assert run.state == "succeeded"
    files = RunFile.objects.filter(run=run)
    assert {file.name: file.rows_read for file in files} == READ
    assert run.row_counts.is_balanced
    assert run.rows["rejected"] == run.conflicts == 0
    assert Meeting.objects.count() == READ["races.csv"]
    assert Competitor.objects.count() == READ["drivers.csv"]
    assert Team.objects.count() == READ["constructors.csv"]
    assert Venue.objects.count() == READ["circuits.csv"]
    stops = keys_of(folder / "pit_stops.csv", "raceId", "driverId", "stop")
    assert PitStop.objects.count() == len(stops)
    for race, name in (("qualifying", "qualifying"), ("sprint", "sprint_results")):
        entrants = keys_of(folder / f"{name}.csv", "raceId", "driverId")
        assert Entrant.objects.filter(race__key=race).count() == len(entrants)


def test_laps_of_three_seasons_are_in(facts, ingest):
    path = facts / "f1_laps_2021-2023" / "lap_times.csv"

    run = ingest(path)

    assert run.state == "succeeded"
    assert run.rows["inserted"] == run.rows["read"] == Lap.objects.count() == 50_209
    assert len(keys_of(path, "raceId", "driverId", "lap")) == 50_209
