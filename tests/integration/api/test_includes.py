"""`include=`: what stands in the same answer, and what is refused."""

import pytest

from races.models import Entrant, PitStop

pytestmark = pytest.mark.usefixtures("season")


def test_nothing_is_included_unless_asked_for(get, bahrain):
    assert "included" not in get(f"races/{bahrain.pk}").data
    assert "included" not in get("laps", race=bahrain.pk).data["results"][0]


def test_race_includes_its_entrants_in_the_order_of_their_finish(get, bahrain):
    race = get(f"races/{bahrain.pk}", include="entrants").data

    entrants = race["included"]["entrants"]
    assert [entrant["position"] for entrant in entrants] == [*range(1, 20), None]
    assert entrants[0]["name"] == "Charles Leclerc"
    assert entrants[0]["file"]["name"] == "results.csv"
    assert entrants[0]["run"] == race["run"]
    assert "race" not in entrants[0]


def test_list_includes_in_every_row(get):
    races = get("races", include="entrants", page_size=50).data["results"]

    assert sum(len(race["included"]["entrants"]) for race in races) == len(
        Entrant.objects.filter(race__in=[race["id"] for race in races])
    )


def test_meeting_includes_its_races_and_venue(get, bahrain):
    meeting = get(f"meetings/{bahrain.meeting_id}", include="races,venue").data

    assert [race["key"] for race in meeting["included"]["races"]] == [
        race.key for race in bahrain.meeting.races.order_by("pk")
    ]
    assert meeting["included"]["venue"]["name"] == meeting["venue"]
    assert meeting["included"]["venue"]["file"]["name"] == "circuits.csv"


def test_entrant_includes_its_stats_and_stops(get, bahrain):
    leclerc = Entrant.objects.get(race=bahrain, key="844")

    included = get(f"entrants/{leclerc.pk}", include="stats,pit_stops").data["included"]

    assert included["stats"]["best_ms"] == 94_570
    assert [stop["number"] for stop in included["pit_stops"]] == [1, 2, 3]
    assert len(included["pit_stops"]) == PitStop.objects.filter(entrant=leclerc).count()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("laps", "not one of entrants, provenance: laps"),
        ("entrants,", "not one of"),
        ("entrants,entrants", "twice"),
        ("", "not one of"),
        (["entrants", "provenance"], "given 2 times"),
        ("e\x00", "not one of"),
    ],
)
def test_include_that_is_none_is_refused(get, value, said):
    response = get("races", include=value)

    assert response.status_code == 400
    assert response.data["type"] == "invalid_parameter"
    assert response.data["detail"].startswith("include: ")
    assert said in response.data["detail"]


def test_pages_with_many_rows_in_each_row_are_short(get):
    response = get("races", include="entrants", page_size=51)

    assert response.status_code == 400
    assert response.data["detail"] == "page_size: not a whole number from 1 to 50."
    assert get("races", include="provenance", page_size=51).status_code == 200


def test_walk_keeps_what_is_included(client, get):
    page = get("meetings", include="venue", page_size=20).data

    following = client.get(page["next"]).data["results"]

    assert len(following) == 2
    assert all(meeting["included"]["venue"] for meeting in following)
