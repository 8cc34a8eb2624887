"""The golden facts of the 2022 season, from the bundled sample."""

import pytest
from django.db.models import Count, Min, Sum

from races.models import Entrant, Lap, Meeting, PitStop, Race
from tests.conftest import SAMPLE, Ingest

pytestmark = pytest.mark.django_db


@pytest.fixture
def season(ingest: Ingest):
    run = ingest(*sorted(SAMPLE.glob("*.csv*")))
    assert run.state == "succeeded"
    return run


def test_season_has_its_meetings_and_races(season):
    assert Meeting.objects.count() == 22
    kinds = dict(Race.objects.values_list("kind").annotate(Count("id")))
    assert kinds == {"race": 22, "qualifying": 22, "sprint": 3}


def test_season_has_its_results(season):
    by_kind = dict(Entrant.objects.values_list("race__kind").annotate(Count("id")))
    assert by_kind == {"race": 440, "qualifying": 440, "sprint": 60}
    assert PitStop.objects.count() == 805


def test_season_has_its_laps(season):
    assert Lap.objects.count() == 23_529
    assert Lap.objects.values("entrant").distinct().count() == 429
    assert season.laps["inserted"] == 23_529
    assert season.row_counts.is_balanced


def test_bahrain_has_its_laps_and_fastest_lap(season):
    race = Race.objects.get(meeting__key="1074", key="race")
    laps = Lap.objects.filter(entrant__race=race)

    totals = laps.aggregate(
        n=Count("number"), total=Sum("time_ms"), best=Min("time_ms")
    )

    assert totals == {"n": 1_123, "total": 115_820_447, "best": 94_570}
    assert race.stats.fastest_lap_ms == 94_570
    assert race.stats.fastest_lap_number == 51
    assert race.stats.fastest_lap_entrant.key == "844"
    assert race.stats.fastest_lap_entrant.total_time_ms == 5_853_584
    assert race.stats.missing_laps == 0
