"""Alerts open once, close once it is over for good, and do not flap."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from imports import actions
from imports.actions import evaluate
from imports.alerts.rule import Finding, Rule
from imports.models import Alert, AlertDelivery, Pulse
from tests.integration.alerts.conftest import ago
from tests.integration.locking import waiting

NAME = "made_up"
TOLD = ["a@example.org"]


class Broken:
    """A rule that is broken by what a test says."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.calls = 0

    def find(self) -> list[Finding]:
        self.calls += 1
        return list(self.findings)

    def by(self, *subjects: str) -> None:
        self.findings = [Finding("It is bad. Look.", subject=s) for s in subjects]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Broken:
    settings.IMPORTS_ALERT_EMAILS = TOLD
    made = Broken()
    rule = Rule(NAME, Alert.Severity.CRITICAL, "Made up.", made.find)
    monkeypatch.setattr(evaluate, "RULES", (rule,))
    return made


def look() -> None:
    assert actions.evaluate_alerts(at_once=True) is not None


def states() -> list[tuple[str, str]]:
    return list(Alert.objects.order_by("pk").values_list("subject", "state"))


def told() -> list[tuple[str, str]]:
    rows = AlertDelivery.objects.order_by("pk")
    return list(rows.values_list("event", "state"))


def later(**span: float) -> None:
    """Let time pass: everything that happened was longer ago."""
    for alert in Alert.objects.all():
        for name in ("opened_at", "seen_at", "closed_at", "told_at", "acknowledged_at"):
            moment = getattr(alert, name)
            setattr(alert, name, moment and moment - timedelta(**span))
        alert.save()
    for delivery in AlertDelivery.objects.all():
        delivery.next_at -= timedelta(**span)
        delivery.save()


@pytest.mark.django_db
def test_alert_is_opened_once_and_seen_again(broken: Broken) -> None:
    broken.by("run 1", "run 2")
    look()
    look()

    assert states() == [("run 1", "open"), ("run 2", "open")]
    assert set(Alert.objects.values_list("times_seen", "severity")) == {(2, "critical")}
    assert told() == [("opened", "waiting")] * 2


@pytest.mark.django_db
def test_alert_closes_by_itself_after_it_held_for_minutes(broken: Broken) -> None:
    broken.by("run 1")
    look()
    broken.by()
    later(minutes=4)
    look()
    assert states() == [("run 1", "open")], "not yet: it may come back"
    later(minutes=1, seconds=1)

    look()

    assert states() == [("run 1", "closed")]
    assert told() == [("opened", "waiting"), ("closed", "waiting")]
    assert not Alert.objects.get().is_closed_by_hand


@pytest.mark.django_db
def test_alert_that_comes_back_soon_is_told_neither_as_over_nor_as_new(
    broken: Broken,
) -> None:
    broken.by("run 1")
    look()
    actions.deliver_alerts()
    broken.by()
    later(minutes=6)
    look()
    assert actions.deliver_alerts().sent == 0, "its end is told after a while"
    later(minutes=9)
    broken.by("run 1")

    look()

    assert states() == [("run 1", "open")]
    assert Alert.objects.get().times_back == 1
    assert told() == [("opened", "sent"), ("closed", "withdrawn")]


@pytest.mark.django_db
def test_alert_that_comes_back_later_is_a_new_one(broken: Broken) -> None:
    broken.by("run 1")
    look()
    broken.by()
    later(minutes=6)
    look()
    later(minutes=11)
    assert actions.deliver_alerts().sent == 2
    broken.by("run 1")

    look()

    assert states() == [("run 1", "closed"), ("run 1", "open")]
    assert [event for event, _ in told()] == ["opened", "closed", "opened"]


@pytest.mark.django_db
def test_nobody_is_reminded_of_what_is_acknowledged(
    broken: Broken, django_user_model: Any
) -> None:
    boss = django_user_model.objects.create_user("boss")
    broken.by("run 1", "run 2")
    look()
    known = Alert.objects.get(subject="run 1")

    assert actions.acknowledge_alerts([known], by=boss, note="On it") == 1
    assert actions.acknowledge_alerts([known], by=boss) == 0
    later(hours=25)
    look()

    known.refresh_from_db()
    assert (known.state, known.acknowledged_by, known.note) == (
        "acknowledged",
        boss,
        "On it",
    )
    reminded = AlertDelivery.objects.get(event="reminder")
    assert reminded.alert.subject == "run 2"
    look()
    assert AlertDelivery.objects.filter(event="reminder").count() == 1


@pytest.mark.django_db
def test_acknowledged_alert_is_still_so_when_it_comes_back(broken: Broken) -> None:
    broken.by("run 1")
    look()
    actions.acknowledge_alerts(Alert.objects.all(), by=None)
    broken.by()
    later(minutes=6)
    look()
    broken.by("run 1")

    look()

    assert states() == [("run 1", "acknowledged")]


@pytest.mark.django_db
def test_alert_closed_by_hand_stays_closed_while_it_holds(broken: Broken) -> None:
    broken.by("run 1")
    look()
    assert actions.close_alerts(Alert.objects.all(), by=None, note="Known") == 1
    assert actions.close_alerts(Alert.objects.all(), by=None) == 0
    for _ in range(4):
        later(minutes=10)
        look()
    assert states() == [("run 1", "closed")]
    broken.by()
    later(minutes=20)
    look()
    broken.by("run 1")

    look()

    assert states() == [("run 1", "closed"), ("run 1", "open")]


@pytest.mark.django_db
def test_alert_of_no_rule_is_left_alone(broken: Broken) -> None:
    event = {"severity": "warning", "message": "It was rolled back."}
    actions.open_alert("rollout_rolled_back", subject="writer", **event)
    actions.open_alert("rollout_rolled_back", subject="writer", **event)
    later(days=3)

    look()

    assert states() == [("writer", "open")]
    assert actions.close_alert("rollout_rolled_back", subject="writer")
    assert not actions.close_alert("rollout_rolled_back", subject="writer")
    assert [event for event, _ in told()] == ["opened", "closed"]


@pytest.mark.django_db
def test_rule_that_cannot_be_asked_leaves_its_alerts_and_the_other_rules(
    broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[Finding]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return []

    broken.by("run 1")
    look()
    wrong = Rule(NAME, Alert.Severity.CRITICAL, "Wrong.", fail)
    other = Rule("other", Alert.Severity.WARNING, "Made up.", broken.find)
    monkeypatch.setattr(evaluate, "RULES", (wrong, other))
    later(minutes=10)

    evaluation = actions.evaluate_alerts(at_once=True)

    assert evaluation is not None
    assert evaluation.failed == [NAME]
    assert set(Alert.objects.values_list("rule", "state")) == {
        (NAME, "open"),
        ("other", "open"),
    }


@pytest.mark.django_db
def test_rules_are_not_asked_again_at_once(broken: Broken) -> None:
    assert actions.evaluate_alerts() is not None
    assert actions.evaluate_alerts() is None
    Pulse.objects.filter(name="alerts").update(seen_at=ago(seconds=11))

    assert actions.evaluate_alerts() is not None
    assert broken.calls == 2


@pytest.mark.django_db
def test_without_a_channel_nothing_is_written_to_the_outbox(
    broken: Broken, settings: Any
) -> None:
    settings.IMPORTS_ALERT_EMAILS = []
    broken.by("run 1")

    look()

    assert (len(states()), told()) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_of_several_watchers_one_evaluates(broken: Broken) -> None:
    broken.by("run 1", "run 2")
    together = Barrier(6)
    original = broken.find
    entered = Barrier(2)

    def slow() -> list[Finding]:
        # Until the five others have gone by.
        entered.wait(timeout=30)
        return original()

    broken_rule = Rule(NAME, Alert.Severity.CRITICAL, "Made up.", slow)
    evaluate.RULES = (broken_rule,)  # type: ignore[misc]
    skipped: list[int] = []

    def watch(number: int) -> bool:
        try:
            together.wait(timeout=30)
            is_mine = actions.evaluate_alerts(at_once=True) is not None
            if not is_mine:
                skipped.append(number)
                if len(skipped) == 5:
                    entered.wait(timeout=30)
            return is_mine
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(watch, range(6)))

    assert sorted(found) == [False] * 5 + [True]
    assert states() == [("run 1", "open"), ("run 2", "open")]
    assert told() == [("opened", "waiting")] * 2
    assert broken.calls == 1


@pytest.mark.django_db(transaction=True)
def test_alert_and_what_is_told_of_it_are_written_together(
    broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("no room")

    monkeypatch.setattr(AlertDelivery.objects, "bulk_create", fail)
    with pytest.raises(OperationalError):
        actions.open_alert(NAME, severity="warning", message="It is bad.")

    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_by_hand", [False, True])
def test_alerts_are_locked_in_one_order(
    broken: Broken, monkeypatch: pytest.MonkeyPatch, is_by_hand: bool
) -> None:
    first, second = (
        actions.open_alert(rule, severity="warning", message="Look.")
        for rule in ("z", "a")
    )
    # It lies behind the other now: where the table is scanned it comes last.
    Alert.objects.filter(pk=first.pk).update(note="Seen.")
    asked = [Rule(name, Alert.Severity.WARNING, "", broken.find) for name in "az"]
    monkeypatch.setattr(evaluate, "RULES", asked)

    def lock_both() -> None:
        if is_by_hand:
            actions.close_alerts([second, first], by=None)
        else:
            look()

    with ExitStack() as stack, transaction.atomic():
        Alert.objects.select_for_update().get(pk=first.pk)
        stack.enter_context(waiting(lock_both))
        assert Alert.objects.select_for_update(nowait=True).get(pk=second.pk)
