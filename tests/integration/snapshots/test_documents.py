"""Standings, fastest laps and summaries: against the published season, and odd rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from races.models import Entrant, Meeting, Race, Venue
from stats.documents.document import Chosen
from stats.documents.refresh import refresh_snapshots
from stats.models import StatSnapshot
from stats.refresh import refresh_race
from tests.conftest import SAMPLE, Ingest

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="seasons and kinds are set by hand"),
]

ENTRANTS = "meeting,race,entrant,competitor,name,team,position,points"


def document(scope: str, stats_type: str) -> dict[str, Any]:
    data: dict[str, Any] = StatSnapshot.objects.get(
        scope=scope, stats_type=stats_type
    ).data
    return data


def standing(scope: str, who: str = "competitor") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = document(scope, f"{who}_standings")["standings"]
    return rows


def brief(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.fixture
def entrants(ingest: Ingest, write_csv: Callable[..., Path]) -> Callable[..., None]:
    """Give a function that makes one season of rows of entrants, kinds by race key."""

    def make(*rows: str, source: str = "test", season: int | None = 2024) -> None:
        ingest(write_csv("entrants.csv", ENTRANTS, *rows), source=source)
        Meeting.objects.filter(source=source).update(season=season)
        Race.objects.update(kind=F("key"))

    return make


def test_2022_season_is_the_published_one(ingest: Ingest) -> None:
    ingest(*sorted(SAMPLE.glob("*.csv*")), source="f1")

    done = refresh_snapshots(Chosen())

    assert (len(done.written), done.by_others, done.refused) == (28, [], [])
    drivers = standing("f1/2022")
    assert brief(drivers, "rank", "name", "points", "wins", "podiums")[:6] == [
        (1, "Max Verstappen", 454, 15, 17),
        (2, "Charles Leclerc", 308, 3, 11),
        (3, "Sergio Pérez", 305, 2, 11),
        (4, "George Russell", 275, 1, 8),
        (5, "Carlos Sainz", 246, 1, 9),
        (6, "Lewis Hamilton", 240, 0, 9),
    ]
    # Equal points: by their best places, as the championship did.
    assert brief(drivers, "rank", "name", "points")[10:] == [
        (11, "Daniel Ricciardo", 37),
        (12, "Sebastian Vettel", 37),
        (13, "Kevin Magnussen", 25),
        (14, "Pierre Gasly", 23),
        (15, "Lance Stroll", 18),
        (16, "Mick Schumacher", 12),
        (17, "Yuki Tsunoda", 12),
        (18, "Guanyu Zhou", 6),
        (19, "Alexander Albon", 4),
        (20, "Nicholas Latifi", 2),
        (21, "Nyck de Vries", 2),
        (22, "Nico Hülkenberg", 0),
    ]
    assert [row["sprint_wins"] for row in drivers[:4]] == [2, 0, 0, 1]
    assert sum(row["fastest_laps"] for row in drivers) == 22
    assert standing("f1/2022/f1") == drivers
    teams = standing("f1/2022", "team")
    assert brief(teams, "rank", "name", "points", "wins") == [
        (1, "Red Bull", 759, 17),
        (2, "Ferrari", 554, 4),
        (3, "Mercedes", 515, 1),
        (4, "Alpine F1 Team", 173, 0),
        (5, "McLaren", 159, 0),
        (6, "Alfa Romeo", 55, 0),
        (7, "Aston Martin", 55, 0),
        (8, "Haas F1 Team", 37, 0),
        (9, "AlphaTauri", 35, 0),
        (10, "Williams", 8, 0),
    ]
    summary = document("f1/2022", "season_summary")
    assert summary["races_by_kind"] == {"race": 22, "qualifying": 22, "sprint": 3}
    assert (summary["laps"], summary["meetings"]) == (23_529, 22)
    assert (summary["first_date"], summary["last_date"]) == ("2022-03-20", "2022-11-20")
    assert [row["round"] for row in summary["winners"]] == list(range(1, 23))
    assert summary["winners"][20]["name"] == "George Russell"
    bahrain = document("f1/venue/3/race", "fastest_laps")
    assert bahrain["venue_name"] == "Bahrain International Circuit"
    assert brief(bahrain["laps"], "rank", "time_ms", "lap", "name")[0] == (
        (1, 94_570, 51, "Charles Leclerc")
    )
    assert bahrain["total"] == 20


def test_points_of_all_races_count_and_wins_of_races_only(
    entrants: Callable[..., None],
) -> None:
    entrants(
        "spa,race,1,ann,Ann,red,2,18.5",
        "spa,race,2,bob,Bob,red,1,25",
        "spa,sprint,1,ann,Ann,red,1,8",
        "spa,sprint,2,bob,Bob,red,2,",
        "spa,qualifying,1,ann,Ann,red,1,",
    )

    refresh_snapshots(Chosen())

    rows = standing("test/2024")
    names = ("rank", "name", "points", "wins", "podiums", "sprint_wins", "races")
    assert brief(rows, *names) == [
        (1, "Ann", 26.5, 0, 1, 1, 1),
        (2, "Bob", 25, 1, 1, 0, 1),
    ]
    assert brief(standing("test/2024", "team"), "points", "wins", "competitors") == [
        (51.5, 1, 2)
    ]


def test_who_has_no_points_is_ranked_by_finishes_and_equals_share_a_rank(
    entrants: Callable[..., None],
) -> None:
    entrants(
        *(f"spa,race,{who},{who},,,{n},{points}" for n, who, points in [
            (1, "ann", ""), (2, "bob", ""), (3, "cid", "1"), ("", "dan", ""), ("", "eve", "")
        ])
    )  # fmt: skip

    refresh_snapshots(Chosen())

    rows = standing("test/2024")
    assert brief(rows, "rank", "key", "points", "best_position") == [
        (1, "cid", 1, 3),
        (2, "ann", None, 1),
        (3, "bob", None, 2),
        (4, "dan", None, None),
        (4, "eve", None, None),
    ]


def test_entrants_of_nobody_are_counted_and_withdrawn_ones_are_not(
    entrants: Callable[..., None],
) -> None:
    entrants("spa,race,1,ann,Ann,,1,25", "spa,race,2,,,,2,18", "spa,race,3,cid,,,3,15")
    Entrant.objects.filter(key="3").update(is_withdrawn=True)

    refresh_snapshots(Chosen())

    data = document("test/2024", "competitor_standings")
    assert brief(data["standings"], "key", "points") == [("ann", 25)]
    assert (data["total"], data["entrants_without_competitor"]) == (1, 1)
    assert document("test/2024", "team_standings")["entrants_without_team"] == 2


def test_meetings_of_two_disciplines_and_none_have_their_standings(
    entrants: Callable[..., None],
) -> None:
    entrants(*(f"m{n},race,1,ann,Ann,,1,{n}" for n in (1, 2, 4, 8)))
    Meeting.objects.filter(key="m1").update(discipline="Touring cars")
    Meeting.objects.filter(key="m2").update(discipline="f1")
    Meeting.objects.filter(key="m8").update(season=None)

    refresh_snapshots(Chosen())

    scopes = ["test/2024", "test/2024/Touring%20cars", "test/2024/f1"]
    assert [standing(scope)[0]["points"] for scope in scopes] == [7, 1, 2]
    stored = StatSnapshot.objects.filter(stats_type="season_summary")
    assert sorted(stored.values_list("scope", flat=True)) == scopes


def test_fastest_laps_hold_the_best_of_each_and_the_earlier_of_equals(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    laps = [
        ("old", "ann", 1, 60_000),
        ("new", "ann", 1, 60_000),
        ("new", "ann", 2, 61_000),
        ("new", "bob", 1, 59_000),
        ("new", "nobody", 1, 60_000),
    ]
    rows = (f"{m},race,{e},{n},{time}" for m, e, n, time in laps)
    ingest(write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *rows))
    names = ("ann,ann", "bob,bob", "nobody,")
    entered = [f"{m},race,{who}" for m in ("old", "new") for who in names]
    ingest(write_csv("entrants.csv", "meeting,race,entrant,competitor", *entered[:2], *entered[3:]))  # fmt: skip
    venue = Venue.objects.create(source="test", key="spa/ü", name="Spa")
    Meeting.objects.update(venue=venue)
    Meeting.objects.filter(key="old").update(start_date="2020-01-01", season=2020)
    Meeting.objects.filter(key="new").update(start_date="2021-01-01", season=2021)

    refresh_snapshots(Chosen(season=2020))

    data = document("test/venue/spa%2F%C3%BC/race", "fastest_laps")
    assert brief(data["laps"], "rank", "time_ms", "name", "meeting") == [
        (1, 59_000, "bob", "new"),
        (2, 60_000, "ann", "old"),
        (2, 60_000, "nobody", "new"),
    ]
    assert (data["venue"], data["venue_name"], data["total"]) == ("spa/ü", "Spa", 3)


def test_long_leaderboard_says_how_many_there_are(
    entrants: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stats.documents.leaderboards.MOST_ROWS", 2)
    entrants(*(f"spa,race,{n},c{n},,,{n},{9 - n}" for n in range(1, 6)))

    refresh_snapshots(Chosen())

    data = document("test/2024", "competitor_standings")
    assert (len(data["standings"]), data["total"]) == (2, 5)


def test_dead_heat_has_two_winners(entrants: Callable[..., None]) -> None:
    entrants("spa,race,1,ann,Ann,,1,", "spa,race,2,bob,Bob,,1,", "spa,race,3,cid,,,3,")

    refresh_snapshots(Chosen())

    data = document("test/2024", "season_summary")
    assert [row["name"] for row in data["winners"]] == ["Ann", "Bob"]
    assert data["total"] == 2


def test_documents_of_a_season_that_is_gone_are_emptied_not_left(
    entrants: Callable[..., None],
) -> None:
    entrants("spa,race,1,ann,Ann,red,1,25")
    refresh_snapshots(Chosen())
    Meeting.objects.update(season=2023)

    refresh_snapshots(Chosen())

    old = document("test/2024", "competitor_standings")
    assert (old["season"], old["total"], old["standings"]) == (2024, 0, [])
    assert document("test/2024", "season_summary")["winners"] == []
    assert set(old) == set(document("test/2023", "competitor_standings"))
    summaries = [document(f"test/{y}", "season_summary") for y in (2024, 2023)]
    assert set(summaries[0]) == set(summaries[1])
    assert standing("test/2023")[0]["points"] == 25


def test_choice_of_source_and_season_leaves_other_documents(
    entrants: Callable[..., None],
) -> None:
    entrants("spa,race,1,ann,Ann,,1,25", source="one")
    entrants("spa,race,1,ann,Ann,,1,25", source="one_more", season=2023)
    refresh_snapshots(Chosen())

    refresh_snapshots(Chosen(source="one"))
    refresh_snapshots(Chosen(season=2024))
    refresh_snapshots(Chosen(source="one_more", season=2024))

    stored = StatSnapshot.objects.filter(stats_type="season_summary")
    versions = dict(stored.values_list("scope", "version"))
    assert versions == {"one/2024": 3, "one_more/2023": 1}


def test_document_that_cannot_be_written_keeps_no_other_from_it(
    entrants: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants("spa,race,1,ann,Ann,,1,25")
    entrants("spa,race,1,ann,Ann,,1,25", source="other")
    Race.objects.filter(meeting__source="test").update(kind="race")
    Entrant.objects.filter(race__meeting__source="test").update(name="x" * 300)
    monkeypatch.setattr("stats.snapshots.checks.DATA_BYTES", 800)
    refresh_race(Race.objects.first().pk)

    done = refresh_snapshots(Chosen())

    [(scope, stats_type, message)] = done.refused
    assert (scope, stats_type) == ("test/2024", "season_summary")
    assert "longer than 800 bytes" in message
    assert len(done.written) == 5
