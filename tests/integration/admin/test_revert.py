"""Reverts in the admin: the preview, who may start one, what the pages say after."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from imports import tasks
from imports.models import ImportRun
from races.models import Lap
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

HEADER = "meeting,race,entrant,lap,time"


def revert_page(run: ImportRun) -> str:
    return reverse("admin:imports_importrun_revert", args=[run.pk])


def run_page(run: ImportRun) -> str:
    return reverse("admin:imports_importrun_change", args=[run.pk])


@pytest.fixture
def later(ashford: ImportRun, ingest: Ingest, write_csv: Callable[..., Path]):
    """Give a run that changed one lap of the meeting since."""
    path = write_csv("later.csv", HEADER, "ash,1,ann,1,1:02.400")
    return ingest(path, source=ashford.source)


def test_preview_says_what_goes_back_and_what_stays(
    as_boss: Client, ashford: ImportRun, later: ImportRun
) -> None:
    laps = Lap.objects.count()

    page = as_boss.get(revert_page(ashford)).content.decode()

    assert f"because run {later.pk} changed them later" in page
    assert "<td>lap</td>" in page
    assert f'<a href="{run_page(later)}">Run {later.pk}</a>' in page
    assert Lap.objects.count() == laps
    assert ImportRun.objects.count() == 2


def test_confirming_queues_a_revert_by_the_one_who_asked(
    as_boss: Client, ashford: ImportRun, later: ImportRun
) -> None:
    response = as_boss.post(revert_page(later), follow=True)

    made = ImportRun.objects.latest("pk")
    assert (made.kind, made.reverts, made.state) == ("revert", later, "queued")
    assert made.requested_by is not None
    assert made.requested_by.username == "boss"
    assert f"It reverts run {later.pk}" in response.content.decode()
    tasks.work(made.pk)
    made.refresh_from_db()
    assert made.state == "succeeded"
    page = as_boss.get(run_page(made)).content.decode()
    assert "1 put back or brought back, 0 removed, none stays." in page
    assert f'<a href="{run_page(later)}">Run {later.pk}</a>' in page
    page = as_boss.get(run_page(later)).content.decode()
    assert f'<a href="{run_page(made)}">Run {made.pk}</a>' in page
    assert revert_page(later) not in page


def test_page_of_a_partial_revert_lists_what_stayed(
    as_boss: Client, ashford: ImportRun, later: ImportRun
) -> None:
    as_boss.post(revert_page(ashford))
    made = ImportRun.objects.latest("pk")
    tasks.work(made.pk)

    page = as_boss.get(run_page(made)).content.decode()

    assert "What went back" in page
    assert "<td>lap</td>" in page


def test_stays_come_in_pages(
    as_boss: Client, ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    rows = [f"ash,1,ann,{lap},1:02.500" for lap in range(1, 61)]
    first = ingest(write_csv("first.csv", HEADER, *rows))
    rows = [f"ash,1,ann,{lap},1:02.400" for lap in range(1, 61)]
    ingest(write_csv("second.csv", HEADER, *rows))

    page = as_boss.get(revert_page(first)).content.decode()
    last = as_boss.get(revert_page(first), {"page": 2}).content.decode()

    assert page.count("<td>lap</td>") + last.count("<td>lap</td>") == 60
    assert page.count("<td>lap</td>") <= 50
    assert "Page 2 of 2" in last


def test_run_that_cannot_be_reverted_says_why(
    as_boss: Client, ashford: ImportRun
) -> None:
    as_boss.post(revert_page(ashford))

    response = as_boss.get(revert_page(ashford), follow=True)

    assert "is being reverted by run" in response.content.decode()
    assert as_boss.post(revert_page(ashford)).status_code == 302
    assert ImportRun.objects.filter(kind="revert").count() == 1


def test_only_who_may_change_runs_may_revert(
    as_clerk: Client, allow: Callable[..., None], ashford: ImportRun
) -> None:
    allow("view_importrun")
    assert as_clerk.get(revert_page(ashford)).status_code == 403
    assert as_clerk.post(revert_page(ashford)).status_code == 403
    assert revert_page(ashford) not in as_clerk.get(run_page(ashford)).content.decode()
    assert not ImportRun.objects.filter(kind="revert").exists()

    allow("view_importrun", "change_importrun")
    assert as_clerk.get(revert_page(ashford)).status_code == 200
    assert revert_page(ashford) in as_clerk.get(run_page(ashford)).content.decode()


def test_list_leads_to_the_preview_of_one_run(
    as_boss: Client, ashford: ImportRun, later: ImportRun
) -> None:
    runs = reverse("admin:imports_importrun_changelist")

    def choose(*chosen: ImportRun):
        rows = [run.pk for run in chosen]
        asked = {"action": "revert_run", "_selected_action": rows}
        return as_boss.post(runs, asked, follow=True)

    assert choose(later).redirect_chain[-1][0] == revert_page(later)
    assert "Choose one run to revert" in choose(ashford, later).content.decode()
