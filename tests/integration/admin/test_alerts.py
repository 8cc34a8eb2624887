"""Alerts in the admin: open ones first, who may settle them, whom they were told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from imports import actions
from imports.models import Alert, ImportRun
from tests.integration.admin.conftest import SCRIPT
from tests.integration.admin.test_pages import query_count

pytestmark = pytest.mark.django_db

LIST = reverse("admin:imports_alert_changelist")
RUNS = reverse("admin:imports_importrun_changelist")


def page_url(alert: Alert) -> str:
    return reverse("admin:imports_alert_change", args=[alert.pk])


def settle_url(alert: Alert) -> str:
    return reverse("admin:imports_alert_settle", args=[alert.pk])


def opened(rule: str, severity: str = "warning", subject: str = "") -> Alert:
    said = {"severity": severity, "message": f"{rule} is bad. Look."}
    return actions.open_alert(rule, subject=subject, **said)


def act(client: Client, action: str, *alerts: Alert) -> Any:
    chosen = {"action": action, "_selected_action": [alert.pk for alert in alerts]}
    return client.post(LIST, chosen, follow=True)


def state_of(alert: Alert) -> str:
    alert.refresh_from_db()
    return alert.state


def test_open_alerts_come_first_and_critical_ones_before(as_boss: Client) -> None:
    closed = opened("closed", "critical")
    actions.close_alert("closed")
    known = opened("known", "critical")
    actions.acknowledge_alerts([known], by=None)
    warning, critical = opened("slow"), opened("broken", "critical")

    page = as_boss.get(LIST)

    rows = list(page.context["cl"].result_list)
    assert rows == [critical, warning, known, closed]
    text = page.content.decode()
    for said in ("critical, open", "warning, open", "critical, acknowledged"):
        assert said in text


def test_acknowledging_says_who_and_when(as_boss: Client, boss: User) -> None:
    first, second, other = opened("a"), opened("b"), opened("c")

    response = act(as_boss, "acknowledge", first, second)

    assert "Acknowledged: 2." in response.content.decode()
    assert [state_of(a) for a in (first, second, other)] == [
        "acknowledged",
        "acknowledged",
        "open",
    ]
    assert (first.acknowledged_by, bool(first.acknowledged_at)) == (boss, True)
    again = act(as_boss, "acknowledge", first)
    assert "Acknowledged: none." in again.content.decode()


def test_closing_says_who(as_boss: Client, boss: User) -> None:
    alert = opened("a")

    act(as_boss, "close", alert)

    assert state_of(alert) == "closed"
    assert (alert.closed_by, alert.is_closed_by_hand) == (boss, True)
    assert "closed by boss" in as_boss.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("what", "state"), [("acknowledge", "acknowledged"), ("close", "closed")]
)
def test_page_settles_with_a_note(what: str, state: str, as_boss: Client) -> None:
    alert = opened("a")

    response = as_boss.post(
        settle_url(alert), {"what": what, "note": f"On\0 it {SCRIPT}"}, follow=True
    )

    assert (state_of(alert), alert.note) == (state, f"On it {SCRIPT}")
    assert SCRIPT not in response.content.decode()
    assert "On it" in response.content.decode()


def test_who_may_only_look_cannot_settle(
    as_clerk: Client, allow: Callable[..., None]
) -> None:
    alert = opened("a")
    assert as_clerk.get(LIST).status_code == 403
    allow("view_alert")

    page = as_clerk.get(page_url(alert)).content.decode()
    assert settle_url(alert) not in page
    assert 'value="acknowledge"' not in as_clerk.get(LIST).content.decode()
    act(as_clerk, "close", alert)
    assert as_clerk.post(settle_url(alert), {"what": "close"}).status_code == 403

    assert state_of(alert) == "open"


def test_who_may_change_alerts_settles_them(
    as_clerk: Client, allow: Callable[..., None], clerk: User
) -> None:
    alert = opened("a")
    allow("view_alert", "change_alert")
    assert settle_url(alert) in as_clerk.get(page_url(alert)).content.decode()

    as_clerk.post(settle_url(alert), {"what": "close"})

    assert (state_of(alert), alert.closed_by) == ("closed", clerk)
    assert as_clerk.get(settle_url(alert)).status_code == 405


def test_page_shows_whom_it_was_told(as_boss: Client, settings: Any) -> None:
    settings.IMPORTS_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/secret-in-the-address"
    settings.IMPORTS_ALERT_WEBHOOK_SECRET = "whsec_" + "c2VjcmV0" * 6
    alert = opened("a")
    actions.deliver_alerts()

    page = as_boss.get(page_url(alert)).content.decode()

    assert str(alert.deliveries.get().message_id) in page
    assert "The webhook did not answer (ConnectError)." in page
    assert "secret-in-the-address" not in page
    settings.IMPORTS_ALERT_WEBHOOK_URL = ""
    assert "Nobody" in as_boss.get(page_url(opened("b"))).content.decode()


def test_alert_of_a_run_leads_to_it(as_boss: Client, ashford: ImportRun) -> None:
    alert = opened("failed_races", subject=f"run {ashford.pk}")

    page = as_boss.get(page_url(alert)).content.decode()

    assert reverse("admin:imports_importrun_change", args=[ashford.pk]) in page
    assert "Races of a run failed for good" in page


@pytest.mark.parametrize("url", ["/admin/", RUNS])
def test_banner_counts_open_alerts(url: str, as_boss: Client) -> None:
    assert "open alert" not in as_boss.get(url).content.decode()
    opened("a")
    known = opened("b")
    actions.acknowledge_alerts([known], by=None)
    assert "1 open alert." in as_boss.get(url).content.decode()
    opened("c", "critical")

    page = as_boss.get(url).content.decode()

    assert "2 open alerts, 1 critical." in page
    assert "c is bad. Look." in page


def test_banner_is_for_those_who_may_see_alerts(
    as_clerk: Client, allow: Callable[..., None]
) -> None:
    opened("a")
    allow("view_importrun")
    assert "1 open alert." not in as_clerk.get(RUNS).content.decode()

    allow("view_importrun", "view_alert")

    assert "1 open alert." in as_clerk.get(RUNS).content.decode()


def test_message_is_escaped(as_boss: Client) -> None:
    said = {"severity": "critical", "message": SCRIPT}
    alert = actions.open_alert("a", subject=SCRIPT, **said)

    for url in (LIST, "/admin/", page_url(alert)):
        assert SCRIPT not in as_boss.get(url).content.decode()


def test_list_costs_the_same_queries_for_more_rows(as_boss: Client) -> None:
    opened("a")
    few = query_count(as_boss, LIST)
    for number in range(5):
        opened("b", subject=str(number))

    assert query_count(as_boss, LIST) == few
