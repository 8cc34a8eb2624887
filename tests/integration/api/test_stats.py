"""Stats as a program reads them: of each entrant, of each race, inside of a race."""

import pytest

from races.models import Entrant
from stats.models import EntrantStats, RaceStats

pytestmark = pytest.mark.usefixtures("season")


def walked(client, address):
    """Give the rows of all pages."""
    rows = []
    while address:
        page = client.get(address).data
        rows += page["results"]
        address = page["next"]
    return rows


def test_entrants_of_a_race_have_their_figures(get, bahrain):
    rows = get("entrant-stats", race=bahrain.pk).data["results"]

    assert len(rows) == 20
    [first] = (row for row in rows if row["gap_to_leader_ms"] == 0)
    assert first["entrant"]["name"] == "Charles Leclerc"
    assert first["race"] == bahrain.pk
    assert (first["best_rank"], first["best_ms"], first["best_lap"]) == (1, 94_570, 51)
    assert (first["gap_to_ahead_ms"], first["laps_led"]) == (None, 55)
    stints = [(s["first_lap"], s["last_lap"], s["laps"]) for s in first["stints"]]
    assert stints == [(1, 15, 15), (16, 31, 16), (32, 46, 15), (47, 57, 11)]


def test_race_has_its_figures(get, bahrain):
    [row] = get("race-stats", race=bahrain.pk).data["results"]

    assert row["race"]["key"] == "race"
    assert row["winner"]["name"] == "Charles Leclerc"
    assert (row["margin_ms"], row["margin_laps"]) == (5_598, 0)
    assert (row["leaders"], row["lead_changes"], row["led_laps"]) == (2, 2, 57)
    assert row["completeness"] == 1
    inside = get(f"races/{bahrain.pk}").data["stats"]
    assert inside == {key: row[key] for key in inside}


def test_walks_equal_the_tables(client):
    entrants = walked(client, "/api/v1/entrant-stats/?page_size=300")
    races = walked(client, "/api/v1/race-stats/?page_size=20")

    assert [row["id"] for row in entrants] == [
        *EntrantStats.objects.order_by("pk").values_list("pk", flat=True)
    ]
    assert [row["id"] for row in races] == [
        *RaceStats.objects.order_by("pk").values_list("pk", flat=True)
    ]


def test_stats_are_filtered(get, bahrain):
    meeting = bahrain.meeting
    one = Entrant.objects.filter(race=bahrain).first()

    def count(resource, **asked):
        return len(get(resource, page_size=2000, **asked).data["results"])

    assert count("entrant-stats", meeting=meeting.pk) == 40
    assert count("entrant-stats", entrant=one.pk) == 1
    assert count("entrant-stats", source=meeting.source) == 940
    assert count("race-stats", meeting=meeting.pk) == 2
    assert count("race-stats", source="nobody") == 0
