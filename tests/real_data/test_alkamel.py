"""A Formula E race: every lap, car and stop of the file, and nothing else."""

import pytest

from races.models import Entrant, Lap, PitStop
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

SAID = {"meeting": "tokyo-2025", "race": "R08"}
RACE = "formula-e_2025_R08_tokyo.csv"


def ms(text):
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return round(total * 1000)


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_race_is_what_the_file_says(facts, ingest, writer):
    path = facts / "alkamel_formula_e" / RACE
    rows = rows_of(path, delimiter=";")

    run = ingest(path, statement=SAID, writer=writer)

    assert run.state == "succeeded", run.message
    assert (run.laps["read"], run.laps["inserted"]) == (773, 773)
    assert (run.conflicts, run.rows.get("rejected", 0)) == (0, 0)
    columns = ("time_ms", "elapsed_ms", "sector1_ms", "sector2_ms", "sector3_ms")
    stored = Lap.objects.values_list("entrant__key", "number", *columns, "in_pit")
    names = ("LAP_TIME", "ELAPSED", "S1", "S2", "S3")
    assert sorted(stored) == sorted(
        (
            row["NUMBER"],
            int(row["LAP_NUMBER"]),
            *(ms(row[name]) for name in names),
            row["CROSSING_FINISH_LINE_IN_PIT"] == "B",
        )
        for row in rows
    )
    cars = Entrant.objects.values_list("number", "name", "team__key")
    assert len(cars) == 22
    assert set(cars) == {(r["NUMBER"], r["DRIVER_NAME"], r["TEAM"]) for r in rows}


def test_stops_are_those_with_a_time(facts, ingest):
    path = facts / "alkamel_formula_e" / RACE
    wanted = {}
    for row in rows_of(path, delimiter=";"):
        if row["PIT_TIME"]:
            stops = wanted.setdefault(row["NUMBER"], [])
            stops.append((int(row["LAP_NUMBER"]), ms(row["PIT_TIME"])))

    ingest(path, statement=SAID)

    assert PitStop.objects.count() == 43 == sum(map(len, wanted.values()))
    for car, stops in wanted.items():
        stored = PitStop.objects.filter(entrant__key=car).order_by("number")
        assert list(stored.values_list("lap", "duration_ms")) == stops
        assert [stop.number for stop in stored] == [lap for lap, _ in stops]
