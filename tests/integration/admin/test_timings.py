"""The page of timings: who sees it, what it says, that any address answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imports import actions
from imports.flags import Flag
from imports.models import FeatureFlag, ImportRun, RaceCheckpoint
from tests.integration.admin.conftest import SCRIPT

pytestmark = pytest.mark.django_db

TIMINGS = reverse("admin:imports_stagetiming_changelist")
RUNS = reverse("admin:imports_importrun_changelist")


def page_of(client: Client, **asked: str) -> str:
    response = client.get(TIMINGS, asked)
    assert response.status_code == 200
    return response.content.decode()


def run_page(client: Client, run: ImportRun) -> str:
    url = reverse("admin:imports_importrun_change", args=[run.pk])
    return client.get(url).content.decode()


def test_who_may_see_runs_sees_timings_and_the_way_to_them(
    as_clerk: Client, allow: Callable[..., None], ashford: ImportRun
) -> None:
    allow("view_stagetiming")
    assert as_clerk.get(TIMINGS).status_code == 403

    allow("view_importrun")

    assert as_clerk.get(TIMINGS).status_code == 200
    for url in (reverse("admin:index"), RUNS):
        assert f'href="{TIMINGS}"' in as_clerk.get(url).content.decode()


def test_page_shows_what_an_import_took(as_boss: Client, ashford: ImportRun) -> None:
    page = page_of(as_boss)

    [race] = ashford.checkpoints.all()
    assert f"{race.write_ms:,.1f}" in page
    assert reverse("admin:imports_racecheckpoint_change", args=[race.pk]) in page
    assert "laps.csv" in page
    assert "not enough data" in page
    assert "percentile_cont" in page
    assert 'class="bar"' in page


def test_page_without_any_race_says_what_to_do(as_boss: Client) -> None:
    page = page_of(as_boss)

    assert "manage.py ingest_races" in page
    assert "Connections of lanes" in page


def test_empty_window_says_when_the_last_race_ended(
    as_boss: Client, ashford: ImportRun
) -> None:
    page = page_of(
        as_boss, window="own", since="2020-01-01T00:00", until="2020-01-02T00:00"
    )

    assert "Nothing was measured in this window." in page
    assert f"run {ashford.pk}</a>: choose a longer window" in page


@pytest.mark.parametrize("window", ["1h", "24h", "7d", "30d"])
def test_window_is_marked_as_chosen(
    window: str, as_boss: Client, ashford: ImportRun
) -> None:
    page = page_of(as_boss, window=window)

    assert f'<a href="?window={window}" class="chosen" aria-current="page">' in page


def test_own_window_is_measured(as_boss: Client, ashford: ImportRun) -> None:
    now = timezone.now()
    ends = {
        "since": f"{now - timedelta(days=3):%Y-%m-%dT%H:%M}",
        "until": f"{now + timedelta(minutes=2):%Y-%m-%dT%H:%M}",
    }

    page = page_of(as_boss, window="own", **ends)

    assert "Slowest races" in page
    assert f'value="{ends["since"]}"' in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"window": "own"}, "Give both ends of the window."),
        (
            {"since": "2024-05-02T00:00", "until": "2024-05-01T00:00"},
            "must end after it begins",
        ),
        (
            {"since": "2020-05-02T00:00", "until": "2024-05-01T00:00"},
            "at most 92 days long",
        ),
        ({"since": "soon", "until": "2024-05-01T00:00"}, "valid date"),
        ({"since": SCRIPT, "until": "9" * 40}, "valid date"),
        ({"since": "0001-01-01T00:00", "until": "0001-01-02T00:00"}, "too long ago"),
    ],
)
def test_own_window_that_cannot_be_is_explained(
    asked: dict[str, str], said: str, as_boss: Client, ashford: ImportRun
) -> None:
    page = page_of(as_boss, **{"window": "own", **asked})

    assert said in page
    assert "Shown is the usual window." in page
    assert "Slowest races" in page
    assert SCRIPT not in page


def test_window_that_is_not_offered_is_explained(as_boss: Client) -> None:
    assert "Shown is the usual window." in page_of(as_boss, window="9y")


def test_flag_that_changed_is_marked_with_who_and_why(
    as_boss: Client, boss: Any, ashford: ImportRun
) -> None:
    actions.set_flag(Flag.WRITER, "orm", reason=f"to compare {SCRIPT}", by=boss)

    page = page_of(as_boss)

    assert FeatureFlag.objects.count() == 1
    assert 'class="mark"' in page
    assert "<strong>writer</strong> → orm" in page
    assert "boss: to compare &lt;script&gt;" in page


def test_run_page_draws_stages_and_lanes(as_boss: Client, ashford: ImportRun) -> None:
    page = run_page(as_boss, ashford)

    assert "Read and stage, 2 files" in page
    assert "Write its races" in page
    assert '<th scope="row" class="lane">test-1</th>' in page
    assert page.count('class="bar bar-done"') == 1
    assert "bar-now" not in page


@pytest.mark.unverified(reason="the run is written by hand")
def test_run_page_draws_what_goes_on(as_boss: Client, ashford: ImportRun) -> None:
    ImportRun.objects.filter(pk=ashford.pk).update(state="staging", finished_at=None)
    ashford.timings.exclude(stage="stage").delete()
    ashford.checkpoints.all().delete()

    page = run_page(as_boss, ashford)

    assert "Goes on now" in page
    assert page.count('class="bar bar-now"') == 1


@pytest.mark.unverified(reason="the race is written by hand")
def test_run_page_draws_a_race_in_work(as_boss: Client, ashford: ImportRun) -> None:
    ImportRun.objects.filter(pk=ashford.pk).update(state="writing", finished_at=None)
    ashford.checkpoints.update(
        state="claimed",
        finished_at=None,
        total_ms=None,
        lease_until=timezone.now() + timedelta(minutes=1),
    )

    assert page_count(run_page(as_boss, ashford), "bar-claimed") == 1


@pytest.mark.unverified(reason="races are written by hand")
def test_run_of_many_races_draws_one_bar_a_lane(
    as_boss: Client, ashford: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.timings.run.RACES_DRAWN", 1)
    [race] = ashford.checkpoints.all()
    RaceCheckpoint.objects.filter(pk=race.pk).update(owner="other@host")
    race.pk, race.number, race.race_key = None, 2, "2"
    race.save()

    page = run_page(as_boss, ashford)

    assert page_count(page, "bar-done") == 2
    assert f"{race.meeting_key}/2, done" not in page


def page_count(page: str, kind: str) -> int:
    return page.count(f'class="bar {kind}"')


def test_run_page_marks_races_that_came_near_their_windows(
    as_boss: Client, ashford: ImportRun, settings: Any
) -> None:
    quiet = run_page(as_boss, ashford)
    settings.IMPORTS_WINDOW_WRITE_MS = 0.001
    settings.IMPORTS_WINDOW_BATCH_MS = 0.001

    page = run_page(as_boss, ashford)

    assert "at their windows" not in quiet
    assert "1 over, 0 near" in page
    assert "batches of five: 1 over, 0 near" in page
    assert page.count('class="tag tag-over"') == 1
    assert page_count(page, "bar-over") == 1


def test_list_of_runs_draws_the_last_runs(as_boss: Client, ashford: ImportRun) -> None:
    page = as_boss.get(RUNS).content.decode()

    assert f'aria-label="Run {ashford.pk}: succeeded, ' in page
    assert "The last run: half took at most" in page


def test_list_without_a_run_draws_nothing(as_boss: Client) -> None:
    assert 'class="strip"' not in as_boss.get(RUNS).content.decode()


def test_end_that_is_no_moment_is_named_and_what_was_typed_stays(
    as_boss: Client,
) -> None:
    asked = {"window": "own", "since": "soon", "until": "2026-05-02T00:00"}

    page = page_of(as_boss, **asked)

    assert "From (UTC): Enter a valid date/time." in page
    assert 'value="2026-05-02T00:00"' in page
