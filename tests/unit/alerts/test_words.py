"""What is told of an alert, in words."""

from datetime import UTC, datetime

import pytest

from imports.actions.deliver import wait_seconds
from imports.alerts import words
from imports.alerts.limits import LIMITS, limit
from imports.alerts.rule import ago
from imports.conf import DEFAULTS
from imports.models import Alert

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def make(**values: object) -> Alert:
    said = {"rule": "slow_writes", "severity": "warning", "message": "Slow. Look."}
    return Alert(pk=7, opened_at=NOON, seen_at=NOON, **{**said, **values})


@pytest.mark.parametrize(
    ("event", "end"),
    [("opened", ""), ("reminder", " (still open)"), ("closed", " (over)")],
)
def test_subject_of_a_mail_is_one_line(event: str, end: str) -> None:
    said = words.payload(make(subject="run 7\r\nBcc: x@example.org"), event)

    subject = words.mail_subject(said)

    assert subject == f"[Scrutineer] warning: slow_writes run 7 Bcc: x@example.org{end}"


def test_mail_says_what_to_do_and_since_when() -> None:
    text = words.mail_text(words.payload(make(), "opened"))

    assert text.startswith("Slow. Look.\n\nOpen since 2026-05-01T12:00:00+00:00.\n")
    assert "Alert 7 in the admin" in text


def test_mail_of_the_end_says_so_first() -> None:
    alert = make(state="closed", closed_at=NOON)

    text = words.mail_text(words.payload(alert, "closed"))

    assert text.startswith("Over since 2026-05-01T12:00:00+00:00. It was:\n\nSlow.")


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 24, 36), (2, 48, 72), (5, 384, 576), (99, 2_880, 4_320)],
)
def test_wait_doubles_up_to_an_hour(attempts: int, least: float, most: float) -> None:
    waits = [wait_seconds(attempts) for _ in range(50)]

    assert least <= min(waits) <= max(waits) <= most
    assert len(set(waits)) > 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 seconds"), (119, "119 seconds"), (240, "4 minutes"), (86_400, "24 hours")],
)
def test_spans_are_said_in_words(seconds: float, said: str) -> None:
    assert ago(seconds) == said


def test_every_threshold_has_a_default_within_its_bounds() -> None:
    ours = {name.removeprefix("ALERT_") for name in DEFAULTS if name[:6] == "ALERT_"}

    assert ours - set(LIMITS) == {"EMAILS", "WEBHOOK_URL", "WEBHOOK_SECRET"}
    assert all(limit(name) == DEFAULTS[f"ALERT_{name}"] for name in LIMITS)
