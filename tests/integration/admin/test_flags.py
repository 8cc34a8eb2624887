"""Flags in the admin: all are listed, changes are said before, checked, kept, undone."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from imports import actions, flags
from imports.flags import Flag
from imports.models import FeatureFlag, FlagChange

pytestmark = pytest.mark.django_db

LIST = "admin:imports_featureflag_changelist"
PROFILE = "admin:imports_featureflag_profile"


def page_url(flag: Flag) -> str:
    return reverse("admin:imports_featureflag_change", args=[flag.value])


def change(client: Client, flag: Flag, value: str, reason: str = "") -> None:
    """Change a flag as a person does who confirms what the page says."""
    sent = {"value": value, "reason": reason, "_confirmed": "1"}
    assert client.post(page_url(flag), sent).status_code == 302


def test_every_flag_is_listed_without_a_row(as_boss: Client) -> None:
    page = as_boss.get(reverse(LIST)).content.decode()

    assert not FeatureFlag.objects.exists()
    assert all(page_url(flag) in page for flag in Flag)


@pytest.mark.parametrize("flag", list(Flag))
def test_flag_has_a_page_without_a_row(flag: Flag, as_boss: Client) -> None:
    response = as_boss.get(page_url(flag))

    assert response.status_code == 200
    page = response.content.decode()
    kind = flags.FLAGS[flag]
    assert kind.effect[:20] in page
    assert kind.describe(flags.current()[flag])[:20] in page


def test_flag_is_changed_with_who_and_why(as_boss: Client, boss: User) -> None:
    change(as_boss, Flag.CONCURRENCY, "4", "Two more cores")

    row = FeatureFlag.objects.get()
    assert flags.current()[Flag.CONCURRENCY] == 4
    assert (row.changed_by, row.reason) == (boss, "Two more cores")
    kept = FlagChange.objects.get()
    assert (kept.before, kept.after, kept.who) == ("2", "4", "boss")
    page = as_boss.get(page_url(Flag.CONCURRENCY)).content.decode()
    assert "Two more cores" in page
    assert "Back to 2" in page


def test_effect_is_said_before_a_change_is_saved(as_boss: Client) -> None:
    sent = {"value": "4", "reason": "Two more cores"}

    page = as_boss.post(page_url(Flag.CONCURRENCY), sent).content.decode()

    assert not FeatureFlag.objects.exists()
    assert "Up to 2 lanes a run" in page
    assert "Up to 4 lanes a run" in page
    assert "share 10 connections" in page
    assert "Two more cores" in page


def test_kill_switch_says_what_it_would_stop(as_boss: Client) -> None:
    listed = as_boss.get(reverse(LIST)).content.decode()
    offered = as_boss.get(page_url(Flag.INGEST_ENABLED) + "?value=off").content.decode()
    asked = as_boss.post(page_url(Flag.INGEST_ENABLED), {"value": "off"}).content

    assert "Switch ingestion off…" in listed
    assert '<option value="off" selected>' in offered
    assert "0 runs in work" in asked.decode()
    assert flags.is_ingest_enabled()


def test_flag_is_changed_again(as_boss: Client) -> None:
    change(as_boss, Flag.CONCURRENCY, "4", "up")
    change(as_boss, Flag.CONCURRENCY, "3", "down")

    page = as_boss.get(page_url(Flag.CONCURRENCY)).content.decode()
    assert flags.current()[Flag.CONCURRENCY] == 3
    assert all(reason in page for reason in ("up", "down", "Back to 2", "Back to 4"))


def test_earlier_value_is_put_back_by_one_click(as_boss: Client, boss: User) -> None:
    change(as_boss, Flag.CONCURRENCY, "4", "up")
    url = reverse(
        "admin:imports_featureflag_restore", args=[FlagChange.objects.get().pk]
    )

    looked = as_boss.get(url)
    done = as_boss.post(url, {"reason": "As it was"}, follow=True)

    assert looked.status_code == 405
    said = [str(message) for message in done.context["messages"]]
    assert "concurrency is 2 again." in said
    kept = FlagChange.objects.latest("pk")
    assert (kept.kind, kept.after, kept.who, kept.reason) == (
        "restored",
        "2",
        "boss",
        "As it was",
    )


def test_value_that_cannot_be_any_more_is_not_put_back(as_boss: Client) -> None:
    FeatureFlag.objects.create(name="concurrency", value="many")
    change(as_boss, Flag.CONCURRENCY, "4")
    url = reverse(
        "admin:imports_featureflag_restore", args=[FlagChange.objects.get().pk]
    )

    done = as_boss.post(url, {"reason": ""}, follow=True)

    assert "must be a whole number" in done.content.decode()
    assert flags.current()[Flag.CONCURRENCY] == 4


@pytest.mark.parametrize("confirmed", [{}, {"_confirmed": "1"}])
@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        (Flag.CONCURRENCY, "33", "must be a whole number from 1 to 32"),
        (Flag.CONCURRENCY, "many", "must be a whole number from 1 to 32"),
        (Flag.WRITER, "pen", "must be one of merge, orm"),
        (Flag.INGEST_ENABLED, "maybe", "must be on or off"),
    ],
)
def test_flag_refuses_a_wrong_value(
    flag: Flag, value: str, message: str, confirmed: dict, as_boss: Client
) -> None:
    sent = {"value": value, "reason": "", **confirmed}

    response = as_boss.post(page_url(flag), sent)

    assert response.status_code == 200
    assert message in response.context["errors"][0][0]
    assert not FeatureFlag.objects.exists()


def test_value_that_cannot_be_used_is_said_loudly_and_mended(as_boss: Client) -> None:
    FeatureFlag.objects.create(name="concurrency", value="many")

    listed = as_boss.get(reverse(LIST)).content.decode()
    shown = as_boss.get(page_url(Flag.CONCURRENCY)).content.decode()
    change(as_boss, Flag.CONCURRENCY, "3")

    assert "concurrency: the stored value cannot be used" in listed
    assert "The profile&#x27;s 2 is in force" in shown or "The profile's 2" in shown
    assert flags.current()[Flag.CONCURRENCY] == 3


@pytest.mark.parametrize("name", ["nonsense", "999", "9" * 40])
def test_unknown_flag_has_no_page(name: str, as_boss: Client) -> None:
    response = as_boss.get(reverse("admin:imports_featureflag_change", args=[name]))

    assert response.status_code == 302


def test_recent_action_leads_to_the_flag(as_boss: Client) -> None:
    change(as_boss, Flag.WRITER, "orm")
    row = FeatureFlag.objects.get()

    url = reverse("admin:imports_featureflag_change", args=[row.pk])

    assert as_boss.get(url).status_code == 200


def test_value_that_differs_from_the_profile_is_marked(as_boss: Client) -> None:
    assert "differs</span>" not in as_boss.get(reverse(LIST)).content.decode()
    change(as_boss, Flag.WRITER, "orm")

    page = as_boss.get(reverse(LIST)).content.decode()

    assert "The profile <strong>development</strong>" in page
    assert page.count("differs</span>") == 1


def test_profile_that_changes_nothing_is_not_offered(as_boss: Client) -> None:
    page = as_boss.get(reverse(PROFILE)).content.decode()

    assert "there is nothing to change" in page
    assert 'value="Apply the profile development"' not in page


def test_profile_is_applied_when_confirmed(as_boss: Client) -> None:
    change(as_boss, Flag.WRITER, "orm")

    asked = as_boss.get(reverse(PROFILE)).content.decode()
    # A NUL is what PostgreSQL cannot hold.
    as_boss.post(reverse(PROFILE), {"reason": "Start\0 anew"})

    assert "orm" in asked
    assert "merge" in asked
    assert flags.current()[Flag.WRITER] == "merge"
    assert FlagChange.objects.latest("pk").reason == "Start anew"


@pytest.mark.parametrize("page", ["admin:index", "admin:imports_importrun_changelist"])
def test_kill_switch_shows_a_banner(page: str, as_boss: Client, boss: User) -> None:
    before = as_boss.get(reverse(page)).content.decode()
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="Disk is full", by=boss)

    after = as_boss.get(reverse(page)).content.decode()

    assert "Ingestion is switched off" not in before
    assert "Ingestion is switched off" in after
    assert "Disk is full" in after


def test_flag_is_shown_but_not_changed_without_permission(
    as_clerk: Client, allow: Callable[..., None]
) -> None:
    actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    allow("view_featureflag")
    sent = {"value": "merge", "reason": "", "_confirmed": "1"}

    seen = as_clerk.get(page_url(Flag.WRITER))
    kept = FlagChange.objects.get()
    refused = [
        as_clerk.post(page_url(Flag.WRITER), sent),
        as_clerk.post(page_url(Flag.WRITER), {"value": "merge"}),
        as_clerk.post(reverse("admin:imports_featureflag_restore", args=[kept.pk])),
        as_clerk.post(reverse(PROFILE), {"reason": ""}),
        as_clerk.post(reverse("admin:imports_featureflag_rollout", args=["writer"])),
    ]

    assert seen.status_code == 200
    assert "Back to" not in seen.content.decode()
    assert [response.status_code for response in refused] == [403] * 5
    assert FlagChange.objects.get() == kept


def test_history_cannot_be_changed(as_boss: Client) -> None:
    change(as_boss, Flag.WRITER, "orm")
    url = reverse("admin:imports_flagchange_change", args=[FlagChange.objects.get().pk])

    assert as_boss.get(url).status_code == 200
    assert as_boss.post(url, {"reason": "x"}).status_code == 403
    assert as_boss.post(url.replace("change/", "delete/")).status_code in (403, 404)
