"""Runs in the admin: their list, their page, cancelling, importing again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imports import actions, tasks
from imports.models import ImportRun, RaceCheckpoint, SourceFile
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

RUNS = "admin:imports_importrun_changelist"
FILES = "admin:imports_sourcefile_changelist"
LAPS = "meeting,race,entrant,lap,time_ms"


def run_page(run: ImportRun) -> str:
    return reverse("admin:imports_importrun_change", args=[run.pk])


def queued(**values: object) -> ImportRun:
    options = {"concurrency": 1, "writer": "merge", "synchronous_commit": "off"}
    return ImportRun.objects.create(
        source="club",
        trigger=ImportRun.Trigger.ADMIN,
        created_at=timezone.now(),
        options=options,
        **values,
    )


def choose(client: Client, url: str, action: str, rows: list[Model]) -> str:
    """Do an action of a list; give the page that follows."""
    response = client.post(
        reverse(url),
        {"action": action, "_selected_action": [row.pk for row in rows]},
        follow=True,
    )
    assert response.status_code == 200
    return response.content.decode()


def test_run_with_rejects_is_not_green(as_boss: Client, ashford: ImportRun) -> None:
    page = as_boss.get(reverse(RUNS)).content.decode()

    assert '<span class="state state-warn">succeeded with rejects</span>' in page


def test_run_page_shows_what_was_refused(as_boss: Client, ashford: ImportRun) -> None:
    page = as_boss.get(run_page(ashford)).content.decode()

    assert "not_a_time" in page
    assert f"{reverse('admin:imports_rejection_changelist')}?run={ashford.pk}" in page


def test_run_page_refreshes_itself_until_the_run_is_over(
    as_boss: Client, ashford: ImportRun
) -> None:
    running, over = queued(), ashford

    assert 'http-equiv="refresh"' in as_boss.get(run_page(running)).content.decode()
    assert 'http-equiv="refresh"' not in as_boss.get(run_page(over)).content.decode()


def test_run_page_is_bounded_and_links_to_all_races(as_boss: Client) -> None:
    run = queued()
    RaceCheckpoint.objects.bulk_create(
        RaceCheckpoint(
            run=run, number=n, source="club", meeting_key=f"m{n}", race_key="1"
        )
        for n in range(600)
    )
    RaceCheckpoint.objects.filter(number=599).update(
        state="failed",
        finished_at=timezone.now(),
        error_code="race_refused",
        message="A row of it is refused.",
    )

    page = as_boss.get(run_page(run)).content.decode()

    assert page.count("waiting</span>") == 49
    assert "m599/1" in page
    assert f"?run={run.pk}" in page
    assert "All 600 races" in page


def test_cancel_ends_a_queued_run_and_leaves_one_that_is_over(
    as_boss: Client, ashford: ImportRun
) -> None:
    run = queued()

    page = choose(as_boss, RUNS, "cancel_runs", [run, ashford])

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.message == "Cancelled by boss."
    assert "Asked 1 run to stop" in page
    assert "1 run already over" in page
    ashford.refresh_from_db()
    assert ashford.state == "succeeded"


def test_cancel_asks_a_running_run_to_stop(as_boss: Client) -> None:
    run = queued(started_at=timezone.now())
    ImportRun.objects.filter(pk=run.pk).update(state="writing")
    RaceCheckpoint.objects.create(
        run=run,
        number=1,
        source=run.source,
        meeting_key="ashford",
        race_key="1",
        state="claimed",
        owner="a lane",
        epoch=1,
        attempts=1,
        claimed_at=timezone.now(),
        lease_until=timezone.now() + timedelta(minutes=1),
    )

    choose(as_boss, RUNS, "cancel_runs", [run])

    run.refresh_from_db()
    assert run.state == "writing"
    assert run.is_cancel_requested


def test_cancelled_run_is_not_worked(boss: User) -> None:
    run = queued()
    actions.cancel_runs([run], by=boss)

    tasks.work(run.pk)

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.started_at is None


def test_cancel_needs_permission(as_clerk: Client, allow: Callable[..., None]) -> None:
    allow("view_importrun")
    run = queued()

    choose(as_clerk, RUNS, "cancel_runs", [run])

    run.refresh_from_db()
    assert run.state == "queued"


@pytest.mark.unverified(reason="the manifest is written by hand")
def test_import_again_queues_a_run_for_each_source(
    as_boss: Client, ashford: ImportRun
) -> None:
    other = SourceFile.objects.first()
    other.pk, other.source = None, "other"
    other.save()

    page = choose(as_boss, FILES, "import_again", list(SourceFile.objects.all()))

    runs = ImportRun.objects.filter(state="queued")
    assert sorted(runs.values_list("source", flat=True)) == ["other", "test"]
    assert all(run.options["force"] for run in runs)
    assert page.count("is queued") == 2


def test_import_again_needs_permission(
    as_clerk: Client, ashford: ImportRun, allow: Callable[..., None]
) -> None:
    allow("view_sourcefile")

    choose(as_clerk, FILES, "import_again", list(SourceFile.objects.all()))

    assert not ImportRun.objects.filter(state="queued").exists()


def test_states_change_only_with_a_csrf_token(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    run = queued()

    response = client.post(
        reverse(RUNS), {"action": "cancel_runs", "_selected_action": [run.pk]}
    )

    assert response.status_code == 403


def with_failed_races(run: ImportRun) -> ImportRun:
    """Let a race of a finished run have failed."""
    run.checkpoints.update(
        state="failed",
        error_code="retry_later",
        message="The database was away.",
        is_retryable=True,
    )
    ImportRun.objects.filter(pk=run.pk).update(state="failed")
    SourceFile.objects.filter(run_files__run=run).update(imported_at=None)
    return run


def test_retry_lets_failed_races_wait_and_says_what_it_left(
    as_boss: Client, ashford: ImportRun, ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    other = ingest(write_csv("wood.csv", LAPS, "wood,1,ann,1,61000"))
    with_failed_races(ashford)

    page = choose(as_boss, RUNS, "retry_races", [ashford, other])

    assert "1 race waits again, of 1 run" in page
    assert f"Run {other.pk} succeeded: nothing of it is left to do." in page
    ashford.refresh_from_db()
    assert ashford.state == "queued"
    tasks.work(ashford.pk)
    ashford.refresh_from_db()
    assert ashford.state == "succeeded"


def test_run_page_offers_a_retry_where_something_is_left(
    as_boss: Client, ashford: ImportRun
) -> None:
    assert "retry_races" not in as_boss.get(run_page(ashford)).content.decode()

    with_failed_races(ashford)

    page = as_boss.get(run_page(ashford)).content.decode()
    assert 'value="retry_races"' in page
    assert "Retry 1 failed race<" in page


def test_retry_needs_permission(
    as_clerk: Client, ashford: ImportRun, allow: Callable[..., None]
) -> None:
    allow("view_importrun")
    with_failed_races(ashford)

    choose(as_clerk, RUNS, "retry_races", [ashford])

    ashford.refresh_from_db()
    assert ashford.state == "failed"
    assert "retry_races" not in as_clerk.get(run_page(ashford)).content.decode()


def test_run_is_paused_and_continued_on_its_page(as_boss: Client) -> None:
    run = queued()
    assert 'value="pause_runs"' in as_boss.get(run_page(run)).content.decode()

    assert "Paused 1 run" in choose(as_boss, RUNS, "pause_runs", [run])

    page = as_boss.get(run_page(run)).content.decode()
    assert '<span class="state state-warn">paused (queued)</span>' in page
    assert "This run is paused" in page
    assert 'value="continue_runs"' in page
    assert 'value="pause_runs"' not in page
    assert 'http-equiv="refresh"' not in page

    assert "1 run goes on" in choose(as_boss, RUNS, "continue_runs", [run])

    run.refresh_from_db()
    assert not run.is_paused


def test_run_that_is_over_is_not_paused(as_boss: Client, ashford: ImportRun) -> None:
    assert 'value="pause_runs"' not in as_boss.get(run_page(ashford)).content.decode()

    page = choose(as_boss, RUNS, "pause_runs", [ashford])

    assert "there is nothing to pause" in page


def test_who_may_not_change_runs_cannot_pause_them(
    as_clerk: Client, allow: Callable[..., None]
) -> None:
    run = queued()
    allow("view_importrun")

    assert 'value="pause_runs"' not in as_clerk.get(run_page(run)).content.decode()
    choose(as_clerk, RUNS, "pause_runs", [run])

    run.refresh_from_db()
    assert not run.is_paused


@pytest.mark.parametrize(("asked", "is_told"), [(0, False), (60, True)])
def test_run_that_goes_on_has_waited_since_then(
    as_boss: Client, asked: int, is_told: bool
) -> None:
    run = queued()
    now = timezone.now()
    ImportRun.objects.filter(pk=run.pk).update(
        created_at=now - timedelta(days=1), queued_at=now - timedelta(seconds=asked)
    )

    page = as_boss.get(run_page(run)).content.decode()

    assert ("No worker has taken this run" in page) == is_told
