"""Plans in the admin: uploaded to be looked at, confirmed, discarded, by whom."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from imports import actions
from imports.flags import Flag
from imports.models import ImportRun, SourceFile
from imports.pipeline.staging_tables import StagingTables
from ingestion_site.lib import cells
from races.models import Lap
from tests import state
from tests.integration.admin.plans import (
    EARLY,
    HEADER,
    confirm,
    discard,
    plan_url,
    race,
    run_url,
    text,
    upload,
    work,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
]

RUNS = "admin:imports_importrun_changelist"


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_upload_is_planned_shown_confirmed_and_imported(
    writer: str, as_boss: Client, first: ImportRun, boss: User
) -> None:
    actions.set_flag(Flag.WRITER, writer, reason="", by=boss)
    before = state.tables()
    rows = ("a,1,7,1,62750", "a,1,8,1,64000", "a,2,7,1,60000", "a,2,7,2,x")
    run = upload(as_boss, "v2.csv", HEADER, *rows, observed_at="2024-05-02T00:00")

    page = text(as_boss.get(run_url(run)))
    assert state.tables() == before
    assert "Nothing is written yet." in page
    assert (
        "Import 4 rows into 2 races: 1 new, 1 changed, 1 stored already, "
        "1 contested, 1 rejected." in page
    )
    assert run.rejections.get().code in page

    answer = text(confirm(as_boss, run))
    assert f"Run {run.pk} is confirmed and queued" in answer
    assert run.state == "queued"
    work(run)

    assert run.state == "succeeded"
    assert sorted(Lap.objects.values_list("time_ms", flat=True)) == [
        *(60_000, 61_000, 62_750, 64_000)
    ]
    assert "2 of 2 races settled" in text(as_boss.get(run_url(run)))


def test_page_of_a_plan_waits_for_a_person(as_boss: Client, planned: ImportRun) -> None:
    page = as_boss.get(run_url(planned)).content.decode()

    assert 'http-equiv="refresh"' not in page
    assert f'href="{plan_url(race(planned))}"' in page
    assert "until" in page
    assert "planned, to be confirmed" in text(as_boss.get(reverse(RUNS)))


def test_list_of_runs_counts_nothing_of_a_plan(
    as_boss: Client, planned: ImportRun
) -> None:
    page = as_boss.get(reverse(RUNS)).content.decode()
    [row] = re.findall(rf"<tr><.*?>Run {planned.pk}</a>.*?</tr>", page, re.DOTALL)

    assert (
        re.findall(r'field-(?:inserted|updated)_count">([^<]*)<', row)
        == [cells.UNKNOWN] * 2
    )


def test_races_that_nothing_would_change_come_last(
    as_boss: Client, ingest: Any, write_csv: Any
) -> None:
    old = ("a,1,7,1,100", "a,2,7,1,100")
    ingest(write_csv("v1.csv", HEADER, *old), statement=EARLY)
    run = upload(as_boss, "v2.csv", HEADER, "a,1,7,1,100", "a,2,7,1,200")

    page = as_boss.get(run_url(run)).content.decode()

    assert page.index(plan_url(race(run, "2"))) < page.index(plan_url(race(run, "1")))


def test_race_that_moved_is_said_and_planned_again(
    as_boss: Client, planned: ImportRun, ingest: Any, write_csv: Any
) -> None:
    ingest(
        write_csv("x.csv", HEADER, "a,1,7,1,62600"), statement=EARLY | {"priority": 200}
    )
    before = state.tables()

    page = text(as_boss.get(plan_url(race(planned))))
    assert "This race has changed since it was planned" in page
    assert f"Plan run {planned.pk} again" in page
    other = text(as_boss.get(plan_url(race(planned, "2"))))
    assert "has changed since" not in other

    answer = text(confirm(as_boss, planned))
    assert "Nothing was written: what is stored has changed" in answer
    assert planned.state == "queued"
    work(planned)

    assert (planned.is_plan, state.tables()) == (True, before)
    page = text(as_boss.get(run_url(planned)))
    assert "1 of its races have changed since the plan was made" in page
    assert "Nothing is written yet." in page
    assert "has changed since" not in text(as_boss.get(plan_url(race(planned))))


def test_discarded_plan_leaves_nothing(as_boss: Client, planned: ImportRun) -> None:
    before = state.tables()

    answer = text(discard(as_boss, planned))

    assert f"The plan of run {planned.pk} is discarded" in answer
    assert (planned.state, state.tables()) == ("cancelled", before)


def test_run_that_is_no_plan_cannot_be_confirmed_or_discarded(
    as_boss: Client, first: ImportRun
) -> None:
    assert "is no dry run" in text(confirm(as_boss, first))
    assert "It was left as it is." in text(discard(as_boss, first))
    assert first.state == "succeeded"


def test_race_of_a_run_that_is_no_plan_has_no_plan(
    as_boss: Client, first: ImportRun
) -> None:
    response = as_boss.get(plan_url(race(first)), follow=True)

    assert response.redirect_chain[-1][0] == run_url(first)
    assert "There is no plan of a/1 to show" in text(response)


def test_staged_rows_that_are_gone_are_said(
    as_boss: Client, planned: ImportRun
) -> None:
    StagingTables(planned.pk, planned.epoch).drop()

    for url in (run_url(planned), plan_url(race(planned))):
        response = as_boss.get(url)
        assert response.status_code == 200
        assert "The staged rows of this plan are gone" in text(response)

    confirm(as_boss, planned)
    work(planned)
    if planned.is_plan:
        confirm(as_boss, planned)
        work(planned)
    assert planned.state == "succeeded"
    assert Lap.objects.filter(time_ms=62_750).exists()


def test_who_may_only_look_cannot_confirm(
    as_clerk: Client, planned: ImportRun, allow: Callable[..., None]
) -> None:
    assert as_clerk.get(plan_url(race(planned))).status_code == 403
    allow("view_importrun", "view_racecheckpoint")

    page = as_clerk.get(run_url(planned)).content.decode()
    assert "Import exactly this" not in page
    assert "Discard this plan" not in page
    assert as_clerk.get(plan_url(race(planned))).status_code == 200
    assert confirm(as_clerk, planned).status_code == 403
    assert discard(as_clerk, planned).status_code == 403
    assert planned.is_plan
    allow("view_importrun", "add_sourcefile")
    assert confirm(as_clerk, planned).status_code == 200
    assert planned.state == "queued"


def test_plans_are_decided_by_post_with_a_token_only(
    as_boss: Client, boss: User, planned: ImportRun
) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(boss)
    for name in ("confirm", "discard"):
        url = reverse(f"admin:imports_importrun_{name}", args=[planned.pk])
        assert as_boss.get(url).status_code == 405
        assert careful.post(url).status_code == 403
    planned.refresh_from_db()
    assert planned.is_plan


def test_confirming_while_ingestion_is_off_is_refused(
    as_boss: Client, boss: User, planned: ImportRun
) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=boss)

    assert "Ingestion is switched off" in text(confirm(as_boss, planned))
    assert planned.is_plan


def test_import_again_can_be_planned_first(as_boss: Client, first: ImportRun) -> None:
    file = SourceFile.objects.get()
    form = {"action": "plan_again", "_selected_action": [file.pk]}

    as_boss.post(reverse("admin:imports_sourcefile_changelist"), form)

    run = ImportRun.objects.latest("pk")
    assert (run.options["force"], run.options["dry_run"]) == (True, True)
    work(run)
    page = text(as_boss.get(run_url(run)))
    assert "Import 3 rows into 2 races: 3 stored already." in page
