"""The stats of the 2022 season against every result that its source publishes.

What differs is named one by one, with why, and the why is looked up in the laps.
"""

import csv
from typing import Any

import pytest

from races.models import Entrant, Lap, Race
from tests.conftest import SAMPLE, Ingest

pytestmark = pytest.mark.django_db

Place = tuple[str, str]

#: Race and driver: seconds that were added to the time after the flag.
PENALTIES = {
    ("1076", "840"): 5,
    ("1078", "4"): 10,
    ("1078", "817"): 5,
    ("1080", "839"): 5,
    ("1082", "4"): 5,
    ("1082", "846"): 5,
    ("1087", "844"): 5,
    ("1088", "20"): 5,
    ("1088", "832"): 5,
    ("1091", "815"): 5,
    ("1092", "842"): 20,
    ("1092", "844"): 5,
    ("1093", "842"): 10,
    ("1093", "848"): 5,
    ("1093", "849"): 5,
    ("1093", "854"): 5,
    ("1095", "842"): 5,
}
#: Retired after one lap, of which the results publish no time.
NO_FASTEST_LAP = {("1076", "832"), ("1087", "822"), ("1093", "832")}
#: The results give these drivers the fastest lap of the driver beside them: rows have
#: slipped in the file. Race: driver -> whose fastest lap it is.
SLIPPED = {
    "1082": {"822": "4", "855": "822", "4": "855"},
    "1092": {"854": "842", "842": "854"},
    "1093": {
        **{"4": "20", "20": "825", "825": "852", "852": "839", "839": "855"},
        **{"855": "848", "848": "842", "842": "854", "854": "4"},
    },
}
#: Their best lap is faster than the one the results publish, which they drove too: most
#: likely struck out (track limits), and the file of laps does not say so.
STRUCK_OUT = {
    ("1083", "830"),
    ("1083", "842"),
    ("1084", "840"),
    ("1084", "20"),
    ("1085", "846"),
    ("1086", "817"),
    ("1087", "854"),
    ("1089", "832"),
    ("1096", "842"),
}


def number(cell: str) -> int | None:
    return None if cell == r"\N" else int(cell)


def milliseconds(cell: str) -> int | None:
    """Read `1:34.570` and `+5.598`."""
    if cell == r"\N":
        return None
    minutes, _, seconds = cell.lstrip("+").rpartition(":")
    return int(minutes or 0) * 60_000 + round(float(seconds) * 1000)


@pytest.fixture
def published(ingest: Ingest) -> dict[Place, dict[str, str]]:
    run = ingest(*sorted(SAMPLE.glob("*.csv*")))
    assert run.state == "succeeded"
    with (SAMPLE / "results.csv").open(newline="") as file:
        return {(row["raceId"], row["driverId"]): row for row in csv.DictReader(file)}


@pytest.fixture
def figures(published: Any) -> dict[Place, Any]:
    entrants = Entrant.objects.filter(race__key="race")
    rows = entrants.select_related("race__meeting", "stats")
    return {(e.race.meeting.key, e.key): e.stats for e in rows}  # type: ignore[attr-defined]


def test_figures_are_those_of_the_results(published: Any, figures: Any) -> None:
    assert set(figures) == set(published)
    assert len(figures) == 440
    for place, row in published.items():
        check_laps(figures[place], row, place)
        check_gaps(figures[place], row)
    check_fastest_laps(published, figures)
    check_ranks(published)
    check_races(published)


def check_laps(stats: Any, row: dict[str, str], place: Place) -> None:
    assert stats.laps == int(row["laps"])
    if total := number(row["milliseconds"]):
        assert total - stats.total_ms == 1000 * PENALTIES.get(place, 0), place


def check_gaps(stats: Any, row: dict[str, str]) -> None:
    """The gap as the results print it; laps where they print none."""
    if number(row["position"]) is None:
        assert (stats.gap_to_leader_ms, stats.gap_to_leader_laps) == (None, None)
    elif row["time"].startswith("+"):
        gap = (milliseconds(row["time"]), 0)
        assert (stats.gap_to_leader_ms, stats.gap_to_leader_laps) == gap
    elif row["position"] == "1":
        assert (stats.gap_to_leader_ms, stats.gap_to_leader_laps) == (0, 0)
        assert (stats.gap_to_ahead_ms, stats.gap_to_ahead_laps) == (None, None)
    else:
        assert stats.gap_to_leader_ms is None
        # Status 11 is `+1 Lap`, 12 is `+2 Laps` and so on; others retired late.
        if 11 <= int(row["statusId"]) <= 19:
            assert stats.gap_to_leader_laps == int(row["statusId"]) - 10


def check_fastest_laps(published: Any, figures: Any) -> None:
    best = {place: stats.best_ms for place, stats in figures.items()}
    for place, row in published.items():
        race, driver = place
        time, lap = milliseconds(row["fastestLapTime"]), number(row["fastestLap"])
        owner = SLIPPED.get(race, {}).get(driver, driver)
        if place in NO_FASTEST_LAP:
            assert time is None
            assert figures[place].laps == 1
        elif place in STRUCK_OUT:
            assert best[place] < time
            assert driven(place, lap) == time
        else:
            assert time == best[race, owner], place
            assert lap == figures[race, owner].best_lap, place


def driven(place: Place, lap: int | None) -> int | None:
    race, driver = place
    found = Lap.objects.filter(entrant__race__meeting__key=race, entrant__key=driver)
    return found.get(entrant__race__key="race", number=lap).time_ms


def check_ranks(published: Any) -> None:
    """Ranked by the published times; where these are ours, by ours."""
    for race in Race.objects.filter(key="race").select_related("meeting"):
        key = race.meeting.key
        ranks = {e.key: e.stats.best_rank for e in entrants_of(race)}
        times = {e.key: e.stats.best_ms for e in entrants_of(race)}
        theirs = {
            driver: milliseconds(row["fastestLapTime"])
            for (of, driver), row in published.items()
            if of == key
        }
        differ = {d for d, time in times.items() if time != theirs[d]}
        for driver, rank in ranks.items():
            said = number(published[key, driver]["rank"])
            if not differ:
                assert said == rank or (said, rank) == (0, None), (key, driver)
            elif said and theirs[driver]:
                faster = [t for t in theirs.values() if t and t < theirs[driver]]
                level = [t for t in theirs.values() if t == theirs[driver]]
                assert len(faster) < said <= len(faster) + len(level), (key, driver)


def entrants_of(race: Race) -> list[Any]:
    return list(race.entrants.select_related("stats"))  # type: ignore[attr-defined]


def check_races(published: Any) -> None:
    for race in Race.objects.filter(key="race").select_related("meeting", "stats"):
        rows = [r for (of, _), r in published.items() if of == race.meeting.key]
        first, second = (r for r in rows if r["position"] in ("1", "2"))
        stats = race.stats  # type: ignore[attr-defined]
        assert stats.winner.key == first["driverId"]
        assert stats.margin_ms == milliseconds(second["time"])
        assert stats.held_laps == stats.expected_laps
        assert (stats.missing_laps, stats.completeness) == (0, 1)
        assert stats.led_laps == int(first["laps"])
        led = {e.key: e.stats.laps_led for e in entrants_of(race)}
        assert sum(led.values()) == stats.led_laps
        assert sum(laps > 0 for laps in led.values()) == stats.leaders
        assert (stats.lead_changes == 0) == (stats.leaders == 1)
