"""Filters of the list of conflicts: what they offer, under each other."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import Conflict, ImportRun
from races.models import Race
from tests.conftest import Ingest
from tests.integration.admin.plans import EARLY
from tests.integration.admin.test_conflicts import LAPS, LIST, import_twice

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]
LATER = {"observed_at": dt.datetime(2024, 6, 1, tzinfo=dt.UTC)}


@pytest.fixture
def final(ingest: Ingest, write_csv: WriteCsv) -> ImportRun:
    """Give the run that met a conflict on a lap, an entrant and a team, in two races."""
    return import_twice(ingest, write_csv, 2)


@pytest.fixture
def of_lap(final: ImportRun) -> Conflict:
    return Conflict.objects.get(kind="lap", number=1)


def found(client: Client, **query: str) -> int:
    changes = client.get(reverse(LIST), query).context["cl"]
    return len(changes.result_list)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, 6),
        ({"kind": "lap"}, 2),
        ({"field": "time_ms"}, 2),
        ({"field": "team"}, 2),
        ({"field": "weight"}, 0),
        ({"field": "a\0b"}, 0),
        ({"state": "ruled"}, 6),
        ({"state": "open"}, 0),
        ({"source": "test"}, 6),
        ({"rule": "newest"}, 6),
        ({"pair": "nonsense"}, 0),
        ({"race": "nonsense"}, 0),
        ({"race": "9" * 30}, 0),
        ({"q": "ann"}, 4),
        ({"q": "Anna"}, 4),
        ({"q": "Annabel"}, 0),
        ({"q": "t2"}, 1),
    ],
)
def test_list_is_filtered(
    as_boss: Client, final: ImportRun, query: dict[str, str], rows: int
) -> None:
    assert found(as_boss, **query) == rows


def test_list_is_filtered_by_race_run_and_pair(
    as_boss: Client, of_lap: Conflict, final: ImportRun
) -> None:
    versions = f"{of_lap.older_version.hex}-{of_lap.newer_version.hex}"
    pair = f"{versions}-{of_lap.source}"

    assert found(as_boss, race=str(of_lap.race_id)) == 2
    assert found(as_boss, run=str(final.pk)) == 6
    assert found(as_boss, run=str(final.pk - 1)) == 0
    assert found(as_boss, pair=pair) == 2
    assert found(as_boss, pair=f"{versions}-other") == 0
    assert found(as_boss, pair=versions) == 0


def filter_of(client: Client, name: str, **query: str) -> list[str]:
    """Give the choices that a filter of the list offers."""
    changes = client.get(reverse(LIST), query).context["cl"]
    [spec] = [s for s in changes.filter_specs if name in s.expected_parameters()]
    return [choice["display"] for choice in spec.choices(changes)]


@pytest.fixture
def two_sources(ingest: Ingest, write_csv: WriteCsv) -> None:
    """Give two sources that disagree with themselves by the same files."""
    old = write_csv("live.csv", LAPS, "ash,1,ann,1,62.5,1")
    new = write_csv("final.csv", LAPS, "ash,1,ann,1,62.812,2")
    for source in ("club", "other"):
        ingest(old, source=source, statement=EARLY)
        ingest(new, source=source, statement=LATER)


def test_pairs_of_the_same_bytes_are_told_apart_by_source(
    as_boss: Client, two_sources: None
) -> None:
    assert Conflict.objects.values("older_version").distinct().count() == 1
    pairs = as_boss.get(reverse(LIST)).context_data["pairs"]

    rows = [as_boss.get(reverse(LIST) + pair["query"]).context["cl"] for pair in pairs]

    shown = [[c.source for c in row.result_list] for row in rows]
    assert sorted(shown) == [["club"], ["other"]]


def test_races_are_offered_with_their_source_under_the_other_filters(
    as_boss: Client, two_sources: None
) -> None:
    anywhere = filter_of(as_boss, "race")
    of_club = filter_of(as_boss, "race", source="club")

    assert len(anywhere) == 3
    assert len(of_club) == 2
    assert of_club[1].endswith("(club)")
    assert len(filter_of(as_boss, "race", state="open")) == 1
    other = Race.objects.get(meeting__source="other")
    chosen = filter_of(as_boss, "race", source="club", race=str(other.pk))
    assert chosen[2].endswith("(other)")


def test_sources_offered_are_bounded_and_the_chosen_one_is_among_them(
    as_boss: Client, two_sources: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.admin.conflict_filters.NAMED_SOURCES", 1)

    assert filter_of(as_boss, "source") == ["All", "club"]
    assert filter_of(as_boss, "source", source="other") == ["All", "club", "other"]
    assert found(as_boss, source="other") == 1
    assert found(as_boss, source="a\0b") == 0
