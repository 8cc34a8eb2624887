"""Every page of the admin: who sees it, what it costs, that it escapes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import Schedule

from imports.models import FeatureFlag, ImportRun, Rejection, SourceFile
from races.models import Competitor, Entrant, Meeting, Race, Team, Venue
from tests.conftest import Ingest
from tests.integration.admin.conftest import SCRIPT

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label in ("imports", "races")]
QUEUE = [model for model in MODELS if model._meta.app_label == "django_q"]
#: Where pages are, besides the list and the objects of each model.
EXTRA = ["admin:index", "admin:imports_sourcefile_upload"]


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row: Model) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def query_count(client: Client, url: str) -> int:
    """Give the queries of a page whose content types are known by now."""
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_empty_list_answers(model: type[Model], as_boss: Client) -> None:
    assert as_boss.get(list_url(model)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_list_and_page_answer(
    model: type[Model], as_boss: Client, ashford: ImportRun, ingest: Ingest
) -> None:
    urls = [list_url(model), *map(page_url, model._default_manager.all()[:3])]

    statuses = [as_boss.get(url).status_code for url in urls]

    assert set(statuses) == {200}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_refuses_who_may_not_see_it(
    model: type[Model], client: Client, as_clerk: Client
) -> None:
    assert client.get(list_url(model)).status_code == 302
    assert as_clerk.get(list_url(model)).status_code == 403


@pytest.mark.parametrize("name", EXTRA)
def test_page_sends_strangers_to_the_login(name: str, client: Client) -> None:
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert "/login/" in response.headers["Location"]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_page_refuses_staff_without_permission(
    model: type[Model], as_clerk: Client, ashford: ImportRun
) -> None:
    rows = model._default_manager.all()[:1]

    assert all(as_clerk.get(page_url(row)).status_code == 403 for row in rows)


@pytest.mark.parametrize("model", QUEUE, ids=lambda model: model._meta.label)
def test_queue_is_hidden_from_staff_with_permission(
    model: type[Model], as_clerk: Client, allow: Callable[..., None]
) -> None:
    name = model._meta.model_name
    allow(f"view_{name}", f"change_{name}")

    assert as_clerk.get(list_url(model)).status_code == 403


@pytest.mark.parametrize("model", QUEUE, ids=lambda model: model._meta.label)
def test_superuser_looks_at_the_queue_and_makes_nothing_in_it(
    model: type[Model], as_boss: Client
) -> None:
    """A row of Schedule runs whatever callable it names."""
    assert as_boss.get(list_url(model)).status_code == 200
    assert as_boss.get(list_url(model) + "add/").status_code == 403
    assert as_boss.post(list_url(model) + "add/").status_code == 403


@pytest.mark.parametrize("client", ["as_boss", "as_clerk"])
def test_schedule_cannot_be_changed(
    client: str, request: pytest.FixtureRequest, allow: Callable[..., None]
) -> None:
    allow("add_schedule", "change_schedule", "view_schedule", "delete_schedule")
    schedule = Schedule.objects.create(func="math.sqrt")
    looker: Client = request.getfixturevalue(client)

    response = looker.post(page_url(schedule), {"func": "subprocess.call"})

    assert response.status_code == 403
    schedule.refresh_from_db()
    assert schedule.func == "math.sqrt"


def test_nothing_but_flags_can_be_added_changed_or_deleted(
    as_boss: Client, ashford: ImportRun
) -> None:
    for model in OURS:
        if model is FeatureFlag:
            continue
        assert as_boss.get(list_url(model) + "add/").status_code == 403
        for row in model._default_manager.all()[:1]:
            assert as_boss.post(page_url(row), {"x": "1"}).status_code == 403
            deletion = page_url(row).replace("change", "delete")
            assert as_boss.post(deletion, {"post": "yes"}).status_code == 403


def club_files(write_csv: Callable[..., Path], number: int) -> list[Path]:
    """Write a meeting with its venue, teams, competitors, laps and a bad row."""
    ids = range(number)
    return [
        write_csv("venues.csv", "venue,name", *(f"v{n},Venue {n}" for n in ids)),
        write_csv("teams.csv", "team,name", *(f"t{n},Team {n}" for n in ids)),
        write_csv("people.csv", "competitor,name", *(f"c{n},Pat {n}" for n in ids)),
        write_csv(
            "meetings.csv",
            "meeting,name,venue,start_date",
            *(f"m{n},Meeting {n},v{n},2024-05-{n + 1:02}" for n in ids),
        ),
        write_csv(
            "entrants.csv",
            "meeting,race,entrant,competitor,team,position",
            *(f"m{n},1,e{m},c{n},t{n},{m + 1}" for n in ids for m in ids),
        ),
        write_csv(
            "laps.csv",
            "meeting,race,entrant,lap,time",
            *(f"m{n},1,e{m},1,1:02.5" for n in ids for m in ids),
            *(f"m{n},1,e0,9,slow" for n in ids),
        ),
    ]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_list_costs_the_same_queries_for_more_rows(
    model: type[Model],
    as_boss: Client,
    ingest: Ingest,
    write_csv: Callable[..., Path],
) -> None:
    ingest(*club_files(write_csv, 2))
    few = query_count(as_boss, list_url(model))

    ingest(*club_files(write_csv, 6))

    assert query_count(as_boss, list_url(model)) == few


@pytest.mark.parametrize(
    "model", [Meeting, Race, Entrant, Venue, Team, Competitor, ImportRun, SourceFile]
)
def test_page_costs_the_same_queries_for_more_rows(
    model: type[Model],
    as_boss: Client,
    ingest: Ingest,
    write_csv: Callable[..., Path],
) -> None:
    ingest(*club_files(write_csv, 2))
    few = query_count(as_boss, page_url(model._default_manager.latest("pk")))

    ingest(*club_files(write_csv, 6))

    latest = page_url(model._default_manager.latest("pk"))
    assert query_count(as_boss, latest) == few


def test_race_page_shows_entrants_laps_and_their_files(
    as_boss: Client, ashford: ImportRun
) -> None:
    page = as_boss.get(page_url(Race.objects.get())).content.decode()

    assert "Ann Lee" in page
    assert "★ 1:01.250" in page
    assert "• 1:03.000" in page
    assert page_url(SourceFile.objects.get(name="laps.csv")) in page


def test_race_page_with_too_many_laps_points_to_the_entrants(
    as_boss: Client, ashford: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("races.admin.race.LAPS_ON_PAGE", 2)

    page = as_boss.get(page_url(Race.objects.get())).content.decode()

    assert "too many laps for one page" in page
    assert "1:03.000" in page
    assert "• 1:03.000" not in page


def test_entrant_page_shows_laps_stops_and_their_files(
    as_boss: Client, ashford: ImportRun
) -> None:
    page = as_boss.get(page_url(Entrant.objects.get(key="ann"))).content.decode()

    assert "1:02.500" in page
    assert "0:25.012" in page
    assert page_url(SourceFile.objects.get(name="laps.csv")) in page
    assert page_url(SourceFile.objects.get(name="stops.csv")) in page


def test_season_is_shown_as_a_year(as_boss: Client, ashford: ImportRun) -> None:
    page = as_boss.get(list_url(Meeting)).content.decode()

    assert "2024" in page
    assert "2,024" not in page


@pytest.mark.parametrize("model", [ImportRun, Rejection, SourceFile])
def test_text_of_files_is_escaped(
    model: type[Model], as_boss: Client, ashford: ImportRun
) -> None:
    SourceFile.objects.update(name=f"{SCRIPT}.csv")
    ashford.run_files.update(name=f"{SCRIPT}.csv")
    Rejection.objects.update(column=SCRIPT, message=SCRIPT, code=SCRIPT)
    urls = [list_url(model), *map(page_url, model._default_manager.all())]

    pages = [as_boss.get(url).content.decode() for url in urls]

    assert all(SCRIPT not in page for page in pages)
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in page for page in pages)


@pytest.mark.parametrize("value", ["1", "999999", "nonsense", "9" * 30, "-1", ""])
def test_run_filter_takes_any_value(
    value: str, as_boss: Client, ashford: ImportRun
) -> None:
    assert as_boss.get(list_url(Rejection), {"run": value}).status_code == 200


def test_run_filter_keeps_the_rows_of_the_run(
    as_boss: Client, ashford: ImportRun
) -> None:
    its_own = as_boss.get(list_url(Rejection), {"run": ashford.pk})
    another = as_boss.get(list_url(Rejection), {"run": ashford.pk + 1})

    assert its_own.context["cl"].result_count == 1
    assert another.context["cl"].result_count == 0
