"""Laps of a race as a matrix, and the pit stops of seven races."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from races.models import Entrant, Lap, PitStop, Race
from tests import state
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

SAID = {"meeting": "2022"}
LAPS = "laptimes_01_daytona500.csv"
STOPS = "pitstops_01_daytona500.csv"


def ms(text):
    exact = Decimal(text) * 1000
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


def bring(ingest, facts, *names, **options):
    runs = [ingest(facts / "nascar" / n, statement=SAID, **options) for n in names]
    assert [run.state for run in runs] == ["succeeded"] * len(names)
    assert all(run.row_counts.is_balanced for run in runs)
    return runs


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_matrix_is_as_many_laps_as_it_has_times(facts, ingest, writer):
    rows = rows_of(facts / "nascar" / LAPS)
    laps = {
        (row["driver"], int(name), ms(cell))
        for row in rows
        for name, cell in row.items()
        if name.isdigit() and cell != "NA"
    }
    assert (len(rows), len(laps)) == (40, 6868)

    [run] = bring(ingest, facts, LAPS, writer=writer)

    assert run.laps["read"] == run.laps["inserted"] == 6868
    assert run.conflicts == 0
    assert set(Lap.objects.values_list("entrant__key", "number", "time_ms")) == laps
    race = Race.objects.get()
    assert (race.meeting.key, race.key, race.name) == ("2022", *["Daytona 500"] * 2)
    assert race.attributes == {"race_id": "5146"}
    assert Entrant.objects.count() == 40


def test_every_stop_is_stored_in_order_of_time(facts, ingest):
    wanted = defaultdict(list)
    for row in rows_of(facts / "nascar" / STOPS):
        time = Decimal(row["pit_in_elapsed_time"])
        stop = (time, int(row["pit_in_lap_count"]), ms(row["pit_stop_duration"]))
        wanted[row["race"], row["driver"]].append(stop)

    [run] = bring(ingest, facts, STOPS)

    assert run.conflicts == 0
    assert PitStop.objects.count() == 1895 == sum(map(len, wanted.values()))
    assert Entrant.objects.count() == len(wanted) == 261
    stored = defaultdict(list)
    for stop in PitStop.objects.select_related("entrant__race").order_by("number"):
        found = stored[stop.entrant.race.key, stop.entrant.key]
        found.append((stop.number, stop.lap, stop.duration_ms))
    assert stored == {
        key: [
            (number, lap, time)
            for number, (_, lap, time) in enumerate(sorted(stops), 1)
        ]
        for key, stops in wanted.items()
    }


def test_laps_and_stops_meet_in_the_same_race_in_both_orders(facts, ingest):
    bring(ingest, facts, LAPS, STOPS)
    race = Race.objects.get(key="Daytona 500")
    assert PitStop.objects.filter(entrant__race=race).count() == 289
    assert Race.objects.count() == 7
    drivers = race.entrants.count()
    tables = state.tables()

    state.clear()
    bring(ingest, facts, STOPS, LAPS)

    assert state.tables() == tables
    assert Race.objects.get(key="Daytona 500").entrants.count() == drivers
