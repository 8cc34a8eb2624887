"""Open and close alerts, and write to the outbox what is told of them.

An alert that is open is seen again, never opened twice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from imports.alerts import channels, words
from imports.models import Alert, AlertDelivery

Event = AlertDelivery.Event
State = Alert.State


def open_alert(rule: str, *, subject: str = "", severity: str, message: str) -> Alert:
    """Open an alert and tell of it, or see the open one of its rule and subject."""
    now = timezone.now()
    seen = {"severity": severity, "message": message, "seen_at": now}
    with transaction.atomic():
        alert, is_new = (
            Alert.objects.select_for_update()
            .exclude(state=State.CLOSED)
            .get_or_create(
                rule=rule, subject=subject, defaults={**seen, "opened_at": now}
            )
        )
        if is_new:
            tell(alert, Event.OPENED, now=now)
        else:
            for name, value in seen.items():
                setattr(alert, name, value)
            alert.times_seen += 1
            alert.save()
    return alert


def close_alert(rule: str, *, subject: str = "") -> bool:
    """Close the alert of a rule and subject, and tell so; False where none is open."""
    of_rule = Alert.objects.filter(rule=rule, subject=subject)
    with transaction.atomic():
        return bool(_close(of_rule))


def acknowledge_alerts(alerts: Iterable[Alert], *, by: Any, note: str = "") -> int:
    """Say that a person knows: nobody is reminded of them; gives how many were open."""
    with transaction.atomic():
        still_open = _locked(alerts).filter(state=State.OPEN)
        chosen = [alert.pk for alert in still_open]
        return Alert.objects.filter(pk__in=chosen).update(
            state=State.ACKNOWLEDGED,
            acknowledged_at=timezone.now(),
            acknowledged_by=by,
            note=note,
        )


def close_alerts(alerts: Iterable[Alert], *, by: Any, note: str = "") -> int:
    """Close alerts by hand; what still holds stays closed until it ends once."""
    said = {"closed_by": by, "is_closed_by_hand": True}
    if note:
        said["note"] = note
    with transaction.atomic():
        return _close(_locked(alerts), **said)


def close_quietly(alert: Alert, *, now: datetime, quiet: timedelta) -> None:
    """Close an alert that is over; its end is told only if it does not come back."""
    alert.state, alert.closed_at = State.CLOSED, now
    alert.save()
    tell(alert, Event.CLOSED, now=now, at=now + quiet)


def bring_back(alert: Alert, *, now: datetime) -> None:
    """Open an alert again that closed just now: nobody is told of an end or a start."""
    is_known = alert.acknowledged_at is not None
    alert.state = State.ACKNOWLEDGED if is_known else State.OPEN
    alert.closed_at, alert.seen_at = None, now
    alert.times_back += 1
    alert.times_seen += 1
    alert.save()
    untold = alert.deliveries.filter(event=Event.CLOSED, state="waiting")
    untold.update(state=AlertDelivery.State.WITHDRAWN)


def tell(
    alert: Alert, event: str, *, now: datetime, at: datetime | None = None
) -> None:
    """Write to the outbox what is told of an alert, for each channel that is set up."""
    said = words.payload(alert, event)
    AlertDelivery.objects.bulk_create(
        AlertDelivery(
            alert=alert,
            event=event,
            channel=channel,
            payload=said,
            created_at=now,
            next_at=at or now,
        )
        for channel in channels.configured()
    )
    if event != Event.CLOSED:
        alert.told_at = now
        alert.save(update_fields=["told_at"])


def _close(alerts: QuerySet[Alert], **said: Any) -> int:
    now = timezone.now()
    found = list(alerts.exclude(state=State.CLOSED).select_for_update())
    for alert in found:
        alert.state, alert.closed_at = State.CLOSED, now
        for name, value in said.items():
            setattr(alert, name, value)
        alert.save()
        tell(alert, Event.CLOSED, now=now)
    return len(found)


def _locked(alerts: Iterable[Alert]) -> QuerySet[Alert]:
    """In the order in which whoever evaluates the rules locks them."""
    ids = [alert.pk for alert in alerts]
    chosen = Alert.objects.filter(pk__in=ids).order_by("pk")
    return chosen.select_for_update(of=("self",))
