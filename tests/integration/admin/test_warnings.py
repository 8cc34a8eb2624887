"""The warnings of races in the admin: on their page, in the lists, at what cost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import ImportRun
from races.models import Entrant, Race
from stats.models import RaceWarning
from tests.conftest import Ingest
from tests.integration.admin.conftest import SCRIPT
from tests.integration.admin.test_pages import list_url, page_url, query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubtful(ingest: Ingest, write_csv: Callable[..., Path]) -> ImportRun:
    """Give the run of two races: one with a lap of zero and a number twice."""
    results = write_csv(
        "results.csv",
        "meeting,race,entrant,name,number,position,laps_completed",
        f"ash,1,{SCRIPT},Ann Lee,7,1,3",
        "ash,1,bob,Bob Ray,7,2,3",
        "ash,2,bob,Bob Ray,7,1,3",
        "ash,2,ann,Ann Lee,8,2,3",
    )
    laps = (f"ash,1,{e},{n},6100{n}" for e in (SCRIPT, "bob") for n in (1, 2))
    zero = (f"ash,1,{e},3,0" for e in (SCRIPT, "bob"))
    return ingest(
        results, write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *laps, *zero)
    )


def page(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def shown(client: Client, **query: str) -> set[str]:
    races = client.get(list_url(Race), query).context["cl"].queryset
    return set(races.values_list("key", flat=True))


def test_page_of_a_race_says_what_does_not_fit_and_of_whom(
    as_boss: Client, doubtful: ImportRun
) -> None:
    text = page(as_boss, page_url(Race.objects.get(key="1")))

    assert '<strong>3</strong> <a href="#warnings">warnings</a>' in text
    assert "One car number twice" in text
    assert "2 entrants have number 7" in text
    assert f'<a href="{page_url(Entrant.objects.get(key=SCRIPT))}">Ann Lee</a>' in text
    assert SCRIPT not in text


@pytest.mark.unverified(reason="a warning is written by hand")
def test_page_names_by_key_whom_it_does_not_know(
    as_boss: Client, doubtful: ImportRun
) -> None:
    RaceWarning.objects.filter(code="lap_time_zero").update(
        count=30, examples=[{"entrants": [SCRIPT + "x"], "lap": 3}]
    )

    text = page(as_boss, page_url(Race.objects.get(key="1")))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;x" in text
    assert "And 29 more." in text


def test_page_without_warnings_has_no_list_of_them(
    as_boss: Client, doubtful: ImportRun
) -> None:
    text = page(as_boss, page_url(Race.objects.get(key="2")))

    assert "<strong>0</strong> warnings" in text
    assert 'id="warnings"' not in text


def test_race_without_laps_says_so_instead_of_missing_all(
    as_boss: Client, doubtful: ImportRun
) -> None:
    race = Race.objects.get(key="2")

    text = page(as_boss, page_url(race))

    assert "<strong>no laps held</strong> the results say 6" in text
    assert '<td class="num">all</td>' in page(as_boss, page_url(race.meeting))


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        ("any", {"1"}),
        ("none", {"2"}),
        ("number_twice", {"1"}),
        ("lap_very_long", set()),
        ("nonsense", {"1", "2"}),
    ],
)
def test_list_is_filtered_by_warnings(
    as_boss: Client, doubtful: ImportRun, chosen: str, keys: set[str]
) -> None:
    assert shown(as_boss, warnings=chosen) == keys


def test_lists_count_warnings(as_boss: Client, doubtful: ImportRun) -> None:
    race = Race.objects.get(key="1")
    run = page(as_boss, page_url(doubtful))

    assert '<span class="state state-warn">3</span>' in page(as_boss, list_url(Race))
    assert f'<a href="{page_url(race)}#warnings">3</a>' in run


def test_races_stand_where_they_stood_in_the_menu(as_boss: Client) -> None:
    response = as_boss.get(reverse("admin:app_list", args=["races"]))

    [app] = response.context["app_list"]
    assert [model["object_name"] for model in app["models"]][:3] == [
        "Meeting",
        "Race",
        "Entrant",
    ]


def test_warnings_cost_one_query_however_many(
    as_boss: Client, doubtful: ImportRun
) -> None:
    with_some, without = (page_url(Race.objects.get(key=key)) for key in ("1", "2"))

    assert query_count(as_boss, with_some) == query_count(as_boss, without)
