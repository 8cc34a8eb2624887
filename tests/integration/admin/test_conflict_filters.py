"""Filters of the list of conflicts: what they offer, under each other."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import Conflict
from races.models import Race
from tests.conftest import Ingest
from tests.integration.admin.plans import EARLY
from tests.integration.admin.test_conflicts import LAPS, LIST, found

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]
LATER = {"observed_at": dt.datetime(2024, 6, 1, tzinfo=dt.UTC)}


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
