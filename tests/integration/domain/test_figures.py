"""What counts in the figures of a race: missing laps, and times of zero."""

import pytest

from races.models import Entrant, Lap
from stats.models import EntrantStats, RaceWarning
from tests.integration.domain.worlds import LAPS, Bring, found, made, results, stats

pytestmark = pytest.mark.django_db

Code = RaceWarning.Code


def test_withdrawn_entrant_shares_no_number_and_misses_no_lap(bring: Bring) -> None:
    result = results(position=1, laps_completed=7)
    bring(bad=made(result, lambda w: w.results["b"].update(number="7")))
    listed = made(result, lambda w: w.results["a"].update(number="7"))
    del listed.results["b"]

    bring(bad=listed)

    assert Entrant.objects.get(key="b").is_withdrawn
    [example, other] = found()[Code.LAPS_DIFFER_FROM_RESULT][1]
    assert (example["entrants"], other["entrants"]) == (["a"], ["c"])
    assert set(found()) == {Code.LAPS_DIFFER_FROM_RESULT}
    assert (stats().expected_laps, stats().missing_laps) == (14, 4)


def test_time_of_zero_is_kept_and_counts_in_no_figure(bring: Bring) -> None:
    bring(bad=made(lambda w: w.slow_lap(4, 0, "b")))

    figures = EntrantStats.objects.get(entrant__key="b")
    assert Lap.objects.get(entrant__key="b", number=4).time_ms == 0
    assert (figures.laps, figures.timed_laps, figures.total_ms) == (5, 4, 240_110)
    assert (figures.best_ms, figures.best_lap) == (60_010, 1)
    assert (figures.mean_ms, figures.median_ms) == (60_027.5, 60_025)
    assert figures.stddev_ms == pytest.approx(17.078, abs=0.001)
    assert stats().fastest_lap_ms == 60_010


def test_surplus_of_one_entrant_hides_no_lack_of_another(bring: Bring) -> None:
    world = made(results(laps_completed=LAPS))
    world.laps["a", 6] = {"time_ms": 60_060}
    del world.laps["b", 5]

    bring(bad=world)

    assert (stats().laps, stats().expected_laps, stats().missing_laps) == (15, 15, 1)


def test_struck_out_lap_is_not_missing(bring: Bring) -> None:
    struck = made(results(laps_completed=LAPS))
    struck.laps["b", 5]["is_deleted"] = "true"

    bring(bad=struck)

    assert (stats().laps, stats().missing_laps) == (14, 0)


def test_race_without_laps_misses_all_of_them_and_warns_of_none(bring: Bring) -> None:
    world = made(results(position=1, laps_completed=LAPS))
    world.laps = {}

    bring(bad=world)

    assert (stats().laps, stats().missing_laps) == (0, 15)
    assert found() == {}


def test_race_without_results_knows_of_no_missing_laps(bring: Bring) -> None:
    bring(bad=made())

    assert stats().missing_laps is None
