"""Stats of real races against what their sources publish, or say in columns not kept."""

import polars as pl
import pytest

from races.models import Entrant
from stats.models import EntrantStats, RaceStats
from tests.real_data.conftest import rows_of
from tests.real_data.test_alkamel import RACE as TOKYO
from tests.real_data.test_alkamel import SAID
from tests.real_data.test_alkamel import ms as clock_ms
from tests.real_data.test_fastf1 import ms as duration_ms

pytestmark = pytest.mark.django_db


def stats_by_key(race):
    entrants = Entrant.objects.filter(race__key=race).select_related("stats")
    return {entrant.key: entrant.stats for entrant in entrants}


def best_sectors(rows, names):
    """Give the sum of the smallest of each sector; a zero is none."""
    return sum(min(time for row in rows if (time := row[name])) for name in names)


def test_formula_e_race(facts, ingest):
    """The file marks each lap that was the car's, or the race's, best so far."""
    path = facts / "alkamel_formula_e" / TOKYO
    ingest(path, statement=SAID)
    by_car = {}
    for row in rows_of(path, delimiter=";"):
        by_car.setdefault(row["NUMBER"], []).append(row)

    stats = stats_by_key("R08")

    assert set(stats) == set(by_car)
    for car, rows in by_car.items():
        rows.sort(key=lambda row: int(row["LAP_NUMBER"]))
        improved = [row for row in rows if row["LAP_IMPROVEMENT"] != "0"]
        best = min(improved, key=lambda row: clock_ms(row["LAP_TIME"]))
        assert stats[car].best_ms == clock_ms(best["LAP_TIME"])
        assert stats[car].laps == len(rows)
        sectors = [{n: clock_ms(row[n]) for n in ("S1", "S2", "S3")} for row in rows]
        assert stats[car].theoretical_best_ms == best_sectors(
            sectors, ("S1", "S2", "S3")
        )
        # A stint ends with the lap that is marked B; the last stop has none after it.
        ends = {int(r["LAP_NUMBER"]) for r in rows if r["CROSSING_FINISH_LINE_IN_PIT"]}
        last = int(rows[-1]["LAP_NUMBER"])
        assert {s["last_lap"] for s in stats[car].stints} == ends | {last}
    race = RaceStats.objects.get()
    # No results: the order is that of the race clock.
    assert (race.order_from, race.gaps_from, race.lead_from) == (
        *("laps", "elapsed", "elapsed"),
    )
    finish = {
        car: (-int(rows[-1]["LAP_NUMBER"]), clock_ms(rows[-1]["ELAPSED"]))
        for car, rows in by_car.items()
    }
    first, second = sorted(finish, key=finish.__getitem__)[:2]
    assert race.winner.key == first
    assert race.margin_ms == finish[second][1] - finish[first][1]


def test_fastf1_race(facts, ingest):
    """Its own columns Stint and Position are not kept of stints and the lead."""
    path = facts / "fastf1_parquet" / "2024_bahrain_laps.parquet"
    rows = pl.read_parquet(path).sort("LapNumber").to_dicts()
    ingest(path, statement={"meeting": "2024-1", "race": "race"})
    by_driver = {}
    for row in rows:
        by_driver.setdefault(row["Driver"], []).append(row)

    stats = stats_by_key("race")

    for driver, laps in by_driver.items():
        stints = {}
        for lap in laps:
            stints.setdefault(int(lap["Stint"]), []).append(int(lap["LapNumber"]))
        assert [
            (s["first_lap"], s["last_lap"], s["laps"]) for s in stats[driver].stints
        ] == [(min(n), max(n), len(n)) for n in stints.values()], driver
        standing = [lap for lap in laps if not lap["Deleted"]]
        best = min(duration_ms(lap["LapTime"]) for lap in standing if lap["LapTime"])
        assert stats[driver].best_ms == best
    race = RaceStats.objects.get()
    leaders = [row["Driver"] for row in rows if row["Position"] == 1]
    assert race.lead_from == "positions"
    assert race.led_laps == len(leaders)
    assert race.leaders == len(set(leaders))
    assert {d: s.laps_led for d, s in stats.items() if s.laps_led} == {
        driver: leaders.count(driver) for driver in leaders
    }


def test_hong_kong_race_day(facts, ingest):
    """Sections are laps; the results publish places and times, and no laps."""
    folder = facts / "hkjc_day"
    ingest(*sorted(folder.glob("*.csv")))

    placed = EntrantStats.objects.filter(entrant__position__isnull=False)
    placed = placed.select_related("entrant__race__stats__winner")

    assert placed.count() > 100
    first_times = {
        e.race_id: e.total_time_ms for e in Entrant.objects.filter(position=1)
    }
    for stats in placed:
        entrant = stats.entrant
        race = entrant.race.stats
        assert (race.order_from, race.gaps_from) == ("result", "result")
        gap = entrant.total_time_ms - first_times[entrant.race_id]
        assert stats.gap_to_leader_ms == gap >= 0
        assert stats.gap_to_leader_laps is None
        # Sections add up to the time that is published, and then some: rounding.
        assert stats.stints == [] or len(stats.stints) == 1
    for race in RaceStats.objects.select_related("winner"):
        assert race.winner.position == 1
        assert race.margin_ms >= 0
    unplaced = EntrantStats.objects.filter(entrant__position__isnull=True)
    assert set(unplaced.values_list("gap_to_leader_ms", flat=True)) <= {None}


def test_gr_cup_race(facts, ingest):
    """The official results print the gap to the first, and to the one ahead."""
    path = facts / "gr_cup" / "00_Results GR Cup Race 1 Official_Anonymized.CSV"
    ingest(path, statement={"meeting": "cota", "race": "R1"})
    rows = rows_of(path, delimiter=";")

    stats = stats_by_key("R1")

    compared = 0
    for row in rows:
        entrants = [
            key
            for key, found in stats.items()
            if found.entrant.position == int(row["POSITION"])
        ]
        figures = stats[entrants[0]]
        for printed, ours in (
            (row["GAP_FIRST"], figures.gap_to_leader_ms),
            (row["GAP_PREVIOUS"], figures.gap_to_ahead_ms),
        ):
            if printed.startswith("+"):
                assert ours == clock_ms(printed.lstrip("+")), row
                compared += 1
    assert compared > 20
