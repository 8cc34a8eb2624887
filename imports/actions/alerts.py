"""Open and close alerts: one that is open is seen again, never opened twice."""

from django.db import transaction
from django.utils import timezone

from imports.models import Alert


def open_alert(rule: str, *, subject: str = "", severity: str, message: str) -> Alert:
    """Open an alert, or see the open one of its rule and subject once more."""
    now = timezone.now()
    seen = {"severity": severity, "message": message, "seen_at": now}
    with transaction.atomic():
        alert, is_new = (
            Alert.objects.select_for_update()
            .exclude(state=Alert.State.CLOSED)
            .get_or_create(
                rule=rule, subject=subject, defaults={**seen, "opened_at": now}
            )
        )
        if not is_new:
            for name, value in seen.items():
                setattr(alert, name, value)
            alert.times_seen += 1
            alert.save()
    return alert


def close_alert(rule: str, *, subject: str = "") -> bool:
    """Close the alert of a rule and subject; False where none is open."""
    now = timezone.now()
    of_rule = Alert.objects.filter(rule=rule, subject=subject)
    still_open = of_rule.exclude(state=Alert.State.CLOSED)
    return bool(still_open.update(state=Alert.State.CLOSED, closed_at=now))
