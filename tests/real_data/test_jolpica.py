"""Bodies of jolpica's import and tables of its database, against csv and json."""

import csv
import datetime as dt
import json
from collections import Counter

import pytest

from imports.models import Rejection
from races.models import Entrant, Lap, Meeting, PitStop, Race

pytestmark = pytest.mark.django_db

SAID = {"meeting": "all", "race": "database"}


@pytest.fixture
def jolpica(data):
    return data / "permissive" / "jolpica_apache2"


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def milliseconds(text):
    """Give the milliseconds of `00:01:31.531` or `00:00:24.91`."""
    hours, minutes, seconds = text.split(":")
    total = dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return round(total / dt.timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("name", "meeting", "race", "laps"),
    [
        ("2023_18_race_lap_times", "2023-18", "race", 1_014),
        ("2026_aus_fp1_lap_times", "2026-1", "fp1", 463),
        ("2026_aus_fp2_lap_times", "2026-1", "fp2", 518),
    ],
)
def test_laps_of_a_body_are_those_of_the_document(
    jolpica, ingest, name, meeting, race, laps
):
    path = jolpica / f"{name}.json"
    wanted = {
        (str(body["foreign_keys"]["car_number"]), lap["number"]): (
            lap["time"]["milliseconds"],
            lap.get("position"),
        )
        for body in json.loads(path.read_text())
        for lap in body["objects"]
    }

    run = ingest(path)

    assert run.state == "succeeded"
    assert run.rows["rejected"] == run.rows["duplicates"] == 0
    assert run.laps["inserted"] == len(wanted) == laps
    stored = Lap.objects.select_related("entrant")
    assert {
        (lap.entrant.key, lap.number): (lap.time_ms, lap.position) for lap in stored
    } == wanted
    assert [(m.key, m.season) for m in Meeting.objects.all()] == [
        (meeting, int(meeting[:4]))
    ]
    assert [race.key for race in Race.objects.all()] == [race]


def test_laps_of_the_database_without_a_number_are_refused(jolpica, ingest):
    rows = rows_of(jolpica / "laps.csv")
    numbered = {
        (row["session_entry_id"], int(row["number"])): (
            milliseconds(row["time"]),
            int(row["position"]) if row["position"] else None,
            row["is_deleted"] == "t",
        )
        for row in rows
        if row["number"]
    }

    run = ingest(jolpica / "laps.csv", statement=SAID)

    assert run.state == "succeeded"
    assert (run.rows["read"], run.rows["rejected"]) == (11_820, 3_666)
    assert run.row_counts.is_balanced
    kept = Rejection.objects.values_list("column", "code").distinct()
    assert list(kept) == [("number", "missing_value")]
    stored = Lap.objects.select_related("entrant")
    assert {
        (lap.entrant.key, lap.number): (lap.time_ms, lap.position, lap.is_deleted)
        for lap in stored
    } == numbered
    assert len(numbered) == 8_154


def test_stops_and_entries_of_the_database_are_in(jolpica, ingest):
    stops = ingest(jolpica / "pitstops.csv", statement=SAID)
    entries = ingest(jolpica / "roundentrys.csv")

    assert (stops.state, entries.state) == ("succeeded", "succeeded")
    assert stops.rows["inserted"] == 147
    wanted = {
        (row["session_entry_id"], int(row["number"])): milliseconds(row["duration"])
        for row in rows_of(jolpica / "pitstops.csv")
    }
    stored = PitStop.objects.select_related("entrant")
    assert {(s.entrant.key, s.number): s.duration_ms for s in stored} == wanted
    rows = rows_of(jolpica / "roundentrys.csv")
    entrants = Entrant.objects.filter(race__key="entries")
    cars = Counter(entrants.values_list("race__meeting__key", "number"))
    assert cars == Counter((f"round-{r['round_id']}", r["car_number"]) for r in rows)
    assert entrants.count() == 3_266
