"""Flags in the admin: all are listed, edits are checked, kept and explained."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from imports import actions, flags
from imports.flags import Flag
from imports.models import FeatureFlag

pytestmark = pytest.mark.django_db

LIST = "admin:imports_featureflag_changelist"


def page_url(flag: Flag) -> str:
    return reverse("admin:imports_featureflag_change", args=[flag.value])


def test_every_flag_is_listed_without_a_row(as_boss: Client) -> None:
    page = as_boss.get(reverse(LIST)).content.decode()

    assert not FeatureFlag.objects.exists()
    assert all(page_url(flag) in page for flag in Flag)


@pytest.mark.parametrize("flag", list(Flag))
def test_flag_has_a_page_without_a_row(flag: Flag, as_boss: Client) -> None:
    response = as_boss.get(page_url(flag))

    assert response.status_code == 200
    assert flags.FLAGS[flag].effect[:20] in response.content.decode()


def test_flag_is_changed_with_who_and_why(as_boss: Client, boss: User) -> None:
    values = {"value": "4", "reason": "Two more cores"}

    response = as_boss.post(page_url(Flag.CONCURRENCY), values, follow=True)

    row = FeatureFlag.objects.get()
    assert response.status_code == 200
    assert flags.current()[Flag.CONCURRENCY] == 4
    assert (row.changed_by, row.reason) == (boss, "Two more cores")
    page = as_boss.get(page_url(Flag.CONCURRENCY)).content.decode()
    assert "2 → 4: Two more cores" in page


def test_flag_is_changed_again(as_boss: Client) -> None:
    as_boss.post(page_url(Flag.CONCURRENCY), {"value": "4", "reason": "up"})

    as_boss.post(page_url(Flag.CONCURRENCY), {"value": "3", "reason": "down"})

    page = as_boss.get(page_url(Flag.CONCURRENCY)).content.decode()
    assert flags.current()[Flag.CONCURRENCY] == 3
    assert "2 → 4: up" in page
    assert "4 → 3: down" in page


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
    flag: Flag, value: str, message: str, as_boss: Client
) -> None:
    response = as_boss.post(page_url(flag), {"value": value, "reason": ""})

    assert response.status_code == 200
    assert message in response.context["errors"][0][0]
    assert not FeatureFlag.objects.exists()


def test_flag_with_an_unusable_value_can_be_mended(as_boss: Client) -> None:
    FeatureFlag.objects.create(name="ingest_enabled", value="perhaps")

    assert as_boss.get(reverse(LIST)).status_code == 200
    assert as_boss.get(reverse("admin:index")).status_code == 200
    as_boss.post(page_url(Flag.INGEST_ENABLED), {"value": "on", "reason": ""})

    assert flags.is_ingest_enabled()


@pytest.mark.parametrize("name", ["nonsense", "999", "9" * 40])
def test_unknown_flag_has_no_page(name: str, as_boss: Client) -> None:
    response = as_boss.get(reverse("admin:imports_featureflag_change", args=[name]))

    assert response.status_code == 302


def test_row_of_a_flag_that_is_gone_is_not_shown(as_boss: Client) -> None:
    FeatureFlag.objects.create(name="forgotten", value="1")

    assert "forgotten" not in as_boss.get(reverse(LIST)).content.decode()


def test_recent_action_leads_to_the_flag(as_boss: Client) -> None:
    as_boss.post(page_url(Flag.WRITER), {"value": "orm", "reason": ""})
    row = FeatureFlag.objects.get()

    url = reverse("admin:imports_featureflag_change", args=[row.pk])

    assert as_boss.get(url).status_code == 200


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
    allow("view_featureflag")

    seen = as_clerk.get(page_url(Flag.WRITER))
    changed = as_clerk.post(page_url(Flag.WRITER), {"value": "orm", "reason": ""})

    assert seen.status_code == 200
    assert changed.status_code == 403
    assert not FeatureFlag.objects.exists()
