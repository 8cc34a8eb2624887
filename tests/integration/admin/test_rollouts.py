"""Rollouts in the admin: begun, looked at, stopped, promoted, in words."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from imports import actions, flags
from imports.flags import Flag
from imports.models import FlagChange, ImportRun, Rollout

pytestmark = pytest.mark.django_db

START = reverse("admin:imports_featureflag_rollout", args=["writer"])
WRITER = reverse("admin:imports_featureflag_change", args=["writer"])
FORM = {
    "candidate": "orm",
    "min_races": "30",
    "max_error_points": "2",
    "max_p95_percent": "10",
    "reason": "Is it slower?",
}


@pytest.fixture
def rollout(db: None) -> Rollout:
    return actions.start_rollout(Flag.WRITER, "orm", reason="To try", by=None)


def end(client: Client, rollout: Rollout, how: str) -> int:
    url = reverse(f"admin:imports_rollout_{how}", args=[rollout.pk])
    assert client.get(url).status_code == 405
    return client.post(url, {"reason": "Enough"}).status_code


def test_rollout_is_started_with_its_guard(as_boss: Client) -> None:
    as_boss.post(START, FORM)

    rollout = Rollout.objects.get()
    assert (rollout.candidate, rollout.percent) == ("orm", 10)
    assert (rollout.min_races, rollout.max_error_points) == (30, 2)
    assert rollout.max_p95_percent == 10
    assert FlagChange.objects.get().who == "boss"


@pytest.mark.parametrize(
    "wrong",
    [{"candidate": "pen"}, {"min_races": "1"}, {"max_p95_percent": "-1"}],
)
def test_rollout_that_cannot_be_is_refused(wrong: dict, as_boss: Client) -> None:
    response = as_boss.post(START, FORM | wrong, follow=True)

    assert not Rollout.objects.exists()
    assert response.context["messages"]


def test_what_is_in_force_is_no_candidate(as_boss: Client) -> None:
    choices = as_boss.get(WRITER).context["rollout_form"]["candidate"].field.widget

    assert [value for value, _ in choices.choices] == ["orm"]


def test_refusal_names_the_field_as_the_page_does(as_boss: Client) -> None:
    response = as_boss.post(START, FORM | {"min_races": "1"}, follow=True)

    assert "Races an arm: Ensure this value" in response.content.decode()


def test_flag_that_acts_on_runs_offers_no_rollout(as_boss: Client) -> None:
    url = reverse("admin:imports_featureflag_rollout", args=["concurrency"])
    page = reverse("admin:imports_featureflag_change", args=["concurrency"])

    as_boss.post(url, FORM | {"candidate": "4"})

    assert not Rollout.objects.exists()
    assert "<h2>Rollout</h2>" not in as_boss.get(page).content.decode()


@pytest.mark.parametrize(
    "name", ["admin:imports_featureflag_changelist", "admin:imports_rollout_changelist"]
)
def test_running_rollout_is_listed(
    name: str, as_boss: Client, rollout: Rollout
) -> None:
    assert "orm" in as_boss.get(reverse(name)).content.decode()


def test_pages_say_where_it_stands(as_boss: Client, rollout: Rollout) -> None:
    own = reverse("admin:imports_rollout_change", args=[rollout.pk])

    for url in (WRITER, own):
        page = as_boss.get(url).content.decode()
        assert "Running: 10 % of the races are written with orm" in page
        assert "Stop: all races with merge again" in page
        assert "at least 50 races an arm" in page


@pytest.mark.parametrize(
    ("how", "state", "value"),
    [("stop", "stopped", "merge"), ("promote", "passed", "orm")],
)
def test_person_ends_it(
    how: str, state: str, value: str, as_boss: Client, rollout: Rollout
) -> None:
    assert end(as_boss, rollout, how) == 302

    rollout.refresh_from_db()
    assert (rollout.state, rollout.ended_reason) == (state, "Enough")
    assert str(rollout.ended_by) == "boss"
    assert flags.current()[Flag.WRITER] == value
    page = as_boss.get(WRITER).content.decode()
    assert "Try it on 10 % of the races" in page
    assert "Earlier rollouts of it: 1" in page


def test_flag_is_not_edited_while_it_is_rolled_out(
    as_boss: Client, rollout: Rollout
) -> None:
    sent = {"value": "orm", "reason": "", "_confirmed": "1"}

    response = as_boss.post(WRITER, sent)

    assert "is being rolled out" in response.content.decode()
    assert flags.current()[Flag.WRITER] == "merge"


def test_rollout_is_shown_but_not_ended_without_permission(
    as_clerk: Client, allow: Callable[..., None], rollout: Rollout
) -> None:
    allow("view_rollout")
    url = reverse("admin:imports_rollout_change", args=[rollout.pk])

    page = as_clerk.get(url).content.decode()

    assert "Stop: all races" not in page
    assert end(as_clerk, rollout, "stop") == 403
    assert end(as_clerk, rollout, "promote") == 403


def test_run_says_which_change_its_races_try(
    as_boss: Client, rollout: Rollout, ashford: ImportRun
) -> None:
    kept = {"rollout": rollout.pk, "flag": "writer", "value": "orm"}
    ImportRun.objects.update(options=ashford.options | {"rollouts": [kept]})

    url = reverse("admin:imports_importrun_change", args=[ashford.pk])
    page = as_boss.get(url).content.decode()

    assert f"writer = orm (rollout {rollout.pk})" in page


def test_history_says_who_and_what_in_plain_words(
    as_boss: Client, rollout: Rollout
) -> None:
    actions.stop_rollout(rollout, reason="Enough", by=None)

    history = as_boss.get(reverse("admin:imports_flagchange_changelist"))
    own = as_boss.get(reverse("admin:imports_rollout_change", args=[rollout.pk]))

    assert "rollout started" in history.content.decode()
    assert "the system" in history.content.decode()
    assert "Stopped. Enough" in own.content.decode()
