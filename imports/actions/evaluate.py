"""Ask the rules of alerts: open what breaks, close what no longer does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from imports.actions.alerts import bring_back, close_quietly, open_alert, tell
from imports.alerts.limits import limit
from imports.alerts.rule import Finding, Rule
from imports.alerts.rules import RULES
from imports.models import Alert, AlertDelivery
from imports.pipeline import pulse, trouble
from imports.sql import statement

log = structlog.get_logger(__name__)

#: The sign of life under which the last evaluation is kept.
EVALUATED = "alerts"
STATEMENT_TIMEOUT = "10s"
State = Alert.State


@dataclass
class Evaluation:
    """What an evaluation found, by rule."""

    found: dict[str, list[Finding]] = field(default_factory=dict)
    #: Rules that could not be asked: their alerts stay as they are.
    failed: list[str] = field(default_factory=list)


def evaluate_alerts(*, at_once: bool = False) -> Evaluation | None:
    """Ask all rules; None where another does now, or did just now and it can wait."""
    with transaction.atomic():
        now = timezone.now()
        if not _is_mine() or not (at_once or _is_due(now)):
            return None
        evaluation = Evaluation()
        for rule in RULES:
            _ask(rule, evaluation)
        # Asked first: rows are locked only while they are changed.
        known = _lock_known(evaluation.found)
        for rule in RULES:
            if rule.name in evaluation.found:
                found = evaluation.found[rule.name]
                _keep(rule, found, known=known[rule.name], now=now)
        pulse.keep(EVALUATED, role="rules")
        pulse.forget_old()
    return evaluation


def _is_mine() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            statement("lock_evaluation"), {"statement_timeout": STATEMENT_TIMEOUT}
        )
        return bool(cursor.fetchone()[0])


def _is_due(now: datetime) -> bool:
    last = pulse.last(EVALUATED)
    every = timedelta(seconds=limit("EVERY_SECONDS"))
    # A clock that was put back must not stop it.
    return last is None or not now - every < last <= now


def _ask(rule: Rule, evaluation: Evaluation) -> None:
    try:
        with transaction.atomic():
            evaluation.found[rule.name] = rule.find()
    except trouble.DatabaseErrors as error:
        if trouble.is_connection_lost(error):
            raise
        # One that is too slow or wrong is no reason not to ask the others.
        evaluation.failed.append(rule.name)
        log.exception("alert_rule_failed", rule=rule.name)


def _lock_known(rules: Iterable[str]) -> dict[str, dict[str, Alert]]:
    """Give the alerts that are not closed, by rule and subject.

    Locked in the order of all who lock several, or two could wait for each other.
    """
    known: dict[str, dict[str, Alert]] = defaultdict(dict)
    alerts = Alert.objects.filter(rule__in=rules).exclude(state=State.CLOSED)
    for alert in alerts.select_for_update().order_by("pk"):
        known[alert.rule][alert.subject] = alert
    return known


def _keep(
    rule: Rule, findings: list[Finding], *, known: dict[str, Alert], now: datetime
) -> None:
    for finding in findings:
        alert = known.pop(finding.subject, None)
        if alert is None:
            _open(rule, finding, now=now)
        else:
            _see_again(alert, finding, now=now)
    hold, quiet = _minutes("HOLD_MINUTES"), _minutes("QUIET_MINUTES")
    for alert in known.values():
        if now - alert.seen_at >= hold:
            close_quietly(alert, now=now, quiet=quiet)


def _open(rule: Rule, finding: Finding, *, now: datetime) -> None:
    of_subject = Alert.objects.filter(rule=rule.name, subject=finding.subject)
    last = of_subject.order_by("-opened_at", "-pk").first()
    if last and _is_settled(last, now=now):
        Alert.objects.filter(pk=last.pk).update(seen_at=now)
    elif last and _is_flapping(last, now=now):
        last.message = finding.message
        bring_back(last, now=now)
    else:
        open_alert(
            rule.name,
            subject=finding.subject,
            severity=rule.severity,
            message=finding.message,
        )


def _is_settled(last: Alert, *, now: datetime) -> bool:
    """Whether a person closed it, and it has held ever since."""
    gap = _minutes("HOLD_MINUTES") + _minutes("QUIET_MINUTES")
    return last.is_closed_by_hand and now - last.seen_at < gap


def _is_flapping(last: Alert, *, now: datetime) -> bool:
    """Whether it closed by itself, so short a time ago that nobody was told yet."""
    closed_at = last.closed_at
    if last.is_closed_by_hand or closed_at is None:
        return False
    return now - closed_at < _minutes("QUIET_MINUTES")


def _see_again(alert: Alert, finding: Finding, *, now: datetime) -> None:
    alert.message, alert.seen_at = finding.message, now
    alert.times_seen += 1
    alert.save()
    remind = timedelta(hours=limit("REMIND_HOURS"))
    is_untold = alert.told_at is None or now - alert.told_at >= remind
    if remind and alert.state == State.OPEN and is_untold:
        tell(alert, AlertDelivery.Event.REMINDER, now=now)


def _minutes(name: str) -> timedelta:
    return timedelta(minutes=limit(name))
