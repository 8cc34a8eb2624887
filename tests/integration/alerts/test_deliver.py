"""What is told arrives: signed, again after failures, once by several watchers."""

import base64
import hashlib
import hmac
import logging
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from imports import actions
from imports.alerts import channels
from imports.errors import Undelivered
from imports.models import Alert, AlertDelivery
from tests.integration.alerts.conftest import SECRET, Receiver, ago

OpenOne = Callable[..., Alert]


def signature(headers: dict[str, str], body: bytes) -> str:
    """Sign as the specification says, by hand."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def due() -> None:
    AlertDelivery.objects.filter(state="waiting").update(next_at=ago(seconds=1))


@pytest.mark.django_db
def test_webhook_is_signed_and_says_what_is_wrong(
    receiver: Receiver, open_one: OpenOne
) -> None:
    alert = open_one()

    assert actions.deliver_alerts().sent == 1

    [(headers, body)] = receiver.came
    delivery = AlertDelivery.objects.get()
    assert headers["webhook-signature"] == signature(headers, body)
    assert headers["webhook-id"] == str(delivery.message_id)
    age = timezone.now().timestamp() - int(headers["webhook-timestamp"])
    assert abs(age) < 60
    [said] = receiver.bodies
    assert said["type"] == "alert.opened"
    assert said["data"] == {
        "id": alert.pk,
        "rule": "made_up",
        "subject": "run 7",
        "severity": "critical",
        "state": "open",
        "message": "Races fail. Look.",
        "opened_at": alert.opened_at.isoformat(),
        "closed_at": None,
    }
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("sent", 1, "")


@pytest.mark.django_db
def test_end_is_told_after_the_beginning(receiver: Receiver, open_one: OpenOne) -> None:
    receiver.answers = [500]
    open_one()
    actions.close_alert("made_up", subject="run 7")
    actions.deliver_alerts()
    assert [body["type"] for body in receiver.bodies] == ["alert.opened"]

    due()
    assert actions.deliver_alerts().sent == 2

    kinds = [body["type"] for body in receiver.bodies]
    assert kinds == ["alert.opened", "alert.opened", "alert.closed"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [500, 429, 400, 410])
def test_webhook_that_refuses_is_tried_again_with_the_same_id(
    status: int, receiver: Receiver, open_one: OpenOne
) -> None:
    receiver.answers = [status]
    open_one()

    assert actions.deliver_alerts().failed == 1
    delivery = AlertDelivery.objects.get()
    assert delivery.last_error == f"The webhook answered {status}."
    assert 20 < (delivery.next_at - timezone.now()).total_seconds() < 40
    assert actions.deliver_alerts().failed == 0, "not before its time"
    due()

    assert actions.deliver_alerts().sent == 1

    (first, body), (second, again) = receiver.came
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


@pytest.mark.django_db
def test_redirect_is_not_followed(receiver: Receiver, open_one: OpenOne) -> None:
    receiver.answers = [302]
    open_one()

    assert actions.deliver_alerts().failed == 1

    assert len(receiver.came) == 1
    assert "no redirect is followed" in AlertDelivery.objects.get().last_error


@pytest.mark.django_db
def test_webhook_that_does_not_answer_is_left_alone_for_a_while(
    receiver: Receiver, open_one: OpenOne, settings: Any
) -> None:
    settings.IMPORTS_ALERT_SEND_SECONDS = 1
    receiver.seconds = 60
    open_one("run 1")
    open_one("run 2")

    result = actions.deliver_alerts()

    assert (result.sent, result.failed, len(receiver.came)) == (0, 1, 1)
    first = AlertDelivery.objects.order_by("pk")[0]
    assert first.last_error in (
        "The webhook did not answer (TimeoutError).",
        "The webhook did not answer (ReadTimeout).",
    )
    receiver.let_go.set()
    due()
    assert actions.deliver_alerts().sent == 2


@pytest.mark.django_db
def test_channel_that_fails_does_not_block_the_other(
    receiver: Receiver, open_one: OpenOne, settings: Any
) -> None:
    settings.IMPORTS_ALERT_EMAILS = ["a@example.org", "b@example.org"]
    settings.IMPORTS_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
    open_one("run 1")
    open_one("run 2\nBcc: x@example.org")

    result = actions.deliver_alerts()

    assert (result.sent, result.failed) == (2, 1)
    first, second = mail.outbox
    assert first.to == ["a@example.org", "b@example.org"]
    assert first.subject == "[Scrutineer] critical: made_up run 1"
    assert "\n" not in second.subject
    assert first.body.startswith("Races fail. Look.\n")
    assert first.extra_headers["Message-ID"].endswith("@scrutineer>")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (smtplib.SMTPAuthenticationError(535, b"bad user ann"), "answered 535"),
        (ConnectionRefusedError("mail.example.org"), "ConnectionRefusedError"),
    ],
)
def test_mail_that_cannot_be_sent_is_tried_again(
    error: Exception,
    said: str,
    open_one: OpenOne,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Any) -> None:
        raise error

    settings.IMPORTS_ALERT_EMAILS = ["a@example.org"]
    monkeypatch.setattr(channels.EmailMessage, "send", fail)
    open_one()

    assert actions.deliver_alerts().failed == 1

    delivery = AlertDelivery.objects.get()
    assert said in delivery.last_error
    assert "ann" not in delivery.last_error
    assert "example" not in delivery.last_error


@pytest.mark.django_db
def test_message_is_given_up_after_enough_attempts_and_the_next_goes_on(
    receiver: Receiver, open_one: OpenOne, settings: Any
) -> None:
    settings.IMPORTS_ALERT_ATTEMPTS = 2
    receiver.answers = [500, 500]
    open_one()
    actions.close_alert("made_up", subject="run 7")
    actions.deliver_alerts()
    due()

    assert actions.deliver_alerts().given_up == 1

    first, second = AlertDelivery.objects.order_by("pk")
    assert (first.state, first.last_error) == ("given up", "The webhook answered 500.")
    due()
    actions.deliver_alerts()
    second.refresh_from_db()
    assert second.state == "sent"


@pytest.mark.django_db
def test_channel_that_was_taken_away_is_said(
    receiver: Receiver, open_one: OpenOne, settings: Any
) -> None:
    open_one()
    settings.IMPORTS_ALERT_WEBHOOK_URL = ""

    assert actions.deliver_alerts().failed == 1

    assert "not set up" in AlertDelivery.objects.get().last_error


@pytest.mark.django_db
def test_neither_the_secret_nor_the_address_is_logged(
    receiver: Receiver,
    open_one: OpenOne,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    receiver.answers = [500, 204]
    open_one()
    actions.deliver_alerts()
    due()
    monkeypatch.setattr(channels.asyncio, "run", _explode)
    actions.deliver_alerts()
    due()
    monkeypatch.undo()
    actions.deliver_alerts()

    kept = " ".join(AlertDelivery.objects.values_list("last_error", flat=True))
    logged = " ".join(str(r.getMessage()) + str(r.exc_info) for r in caplog.records)
    assert len(receiver.came) == 2
    assert "alert_not_sent" in logged
    for text in (kept, logged):
        assert SECRET not in text
        assert "token-in-the-address" not in text


def _explode(work: Any, *_: Any, **__: Any) -> None:
    work.close()
    raise ValueError(f"{SECRET} token-in-the-address")


@pytest.mark.django_db(transaction=True)
def test_several_watchers_send_each_message_once(
    receiver: Receiver, open_one: OpenOne
) -> None:
    for number in range(12):
        open_one(f"run {number}")
    together = Barrier(4)

    def deliver(_: int) -> int:
        try:
            together.wait(timeout=30)
            return actions.deliver_alerts().sent
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(deliver, range(4)))

    ids = [headers["webhook-id"] for headers, _ in receiver.came]
    assert sum(sent) == len(ids) == len(set(ids)) == 12
    assert set(AlertDelivery.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db
def test_message_of_a_sender_who_died_is_sent_by_another(
    receiver: Receiver, open_one: OpenOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    open_one()
    with monkeypatch.context() as patch:
        patch.setattr(channels, "send", die)
        with pytest.raises(KeyboardInterrupt):
            actions.deliver_alerts()
    assert actions.deliver_alerts().sent == 0, "it may be alive"
    due()

    assert actions.deliver_alerts().sent == 1


@pytest.mark.django_db
def test_sender_who_was_too_slow_changes_nothing_of_the_next_attempt(
    receiver: Receiver, open_one: OpenOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ago(minutes=-5)

    def overtaken(*_: Any) -> None:
        AlertDelivery.objects.update(attempts=2, next_at=later)
        raise Undelivered("The webhook answered 500.")

    open_one()
    with monkeypatch.context() as patch:
        patch.setattr(channels, "send", overtaken)
        actions.deliver_alerts()

    delivery = AlertDelivery.objects.get()
    assert (delivery.attempts, delivery.next_at) == (2, later)
    assert delivery.last_error == ""
