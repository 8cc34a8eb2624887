"""What keeps the system right while nobody looks; run every so often, anywhere."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from imports.actions.alerts import Event, tell
from imports.actions.deliver import Sent, deliver_alerts
from imports.actions.evaluate import Evaluation, evaluate_alerts
from imports.actions.rollouts import judge
from imports.actions.sweep import sweep
from imports.alerts import outage
from imports.errors import DatabaseAway
from imports.models import Alert
from imports.pipeline import pulse, trouble
from imports.pipeline.sweep import Swept

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Looked:
    """What a look at everything found and did."""

    swept: Swept
    #: None where another looked at the same time.
    evaluation: Evaluation | None
    sent: Sent


def watch() -> Swept:
    """See to what dead workers left, to rollouts and alerts; safe beside any number of others.

    Where the database is away, that is told without it, and the error raised.
    """
    try:
        swept = sweep()
        pulse.beat()
        judge()
        _see_to_alerts()
    except (DatabaseAway, *trouble.DatabaseErrors) as error:
        if trouble.is_away(error) or isinstance(error, DatabaseAway):
            tell_database_unreachable(error)
        raise
    return swept


def look() -> Looked:
    """Do all that there is to do now, and say what came of it."""
    swept = sweep()
    pulse.beat()
    judge()
    _tell_database_back()
    evaluation = evaluate_alerts(at_once=True)
    return Looked(swept, evaluation, deliver_alerts())


def tell_database_unreachable(error: Exception, *, at_once: bool = False) -> bool:
    """Tell that the database is away, once; True where somebody was told just now.

    For whoever meets it: `watch` calls it by itself. The next watch that works tells
    that the database is back.
    """
    return outage.tell(error, at_once=at_once)


def _see_to_alerts() -> None:
    try:
        _tell_database_back()
        # What nobody asked for now can wait too.
        if evaluate_alerts() is not None:
            deliver_alerts()
    except trouble.DatabaseErrors:
        raise
    except Exception:
        # Alerts are no reason to leave the work undone.
        log.exception("alerts_failed")


def _tell_database_back() -> None:
    """Keep an outage that is over among the alerts, and tell its end if it was told."""
    over = outage.known()
    if over is None or not outage.forget() or not over.told:
        return
    now: datetime = timezone.now()
    alert = over.alert
    alert.state, alert.closed_at, alert.seen_at = Alert.State.CLOSED, now, now
    alert.told_at = over.began
    with transaction.atomic():
        alert.save()
        tell(alert, Event.CLOSED, now=now)
