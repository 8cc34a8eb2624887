"""Send what waits in the outbox of alerts: at least once, in order, channel by channel.

A message is claimed by a commit of its own before it is sent, so that nothing is locked
meanwhile; who dies over it leaves it to others after a while.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from secrets import SystemRandom

import structlog
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from imports.alerts import channels
from imports.alerts.channels import Message
from imports.alerts.limits import limit
from imports.errors import Undelivered
from imports.models import AlertDelivery
from imports.sql import statement

log = structlog.get_logger(__name__)

#: A round sends on one channel for so long at most.
ROUND_SECONDS = 20
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3_600
JITTER = 0.2
State = AlertDelivery.State


@dataclass
class Sent:
    """What became of the messages of a round."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0


def deliver_alerts() -> Sent:
    """Send what is due; a channel that fails is left alone until the next round."""
    result = Sent()
    for channel in AlertDelivery.Channel.values:
        until = time.monotonic() + ROUND_SECONDS
        while time.monotonic() < until:
            delivery = _claim(channel)
            if delivery is None or not _send(delivery, result):
                break
    return result


def _claim(channel: str) -> AlertDelivery | None:
    # Twice the time of an attempt: then its sender is dead.
    seconds = 2 * limit("SEND_SECONDS") + 30
    with connection.cursor() as cursor:
        cursor.execute(
            statement("claim_delivery"), {"channel": channel, "seconds": seconds}
        )
        row = cursor.fetchone()
    return AlertDelivery.objects.get(pk=row[0]) if row else None


def _send(delivery: AlertDelivery, result: Sent) -> bool:
    message = Message(delivery.message_id, delivery.payload)
    try:
        channels.send(delivery.channel, message)
    except Undelivered as error:
        _keep_failure(delivery, str(error), result)
        return False
    except Exception as error:
        # A mistake of ours must not stop the watch; its words may hold a secret.
        _keep_failure(delivery, f"It failed ({type(error).__name__}).", result)
        return False
    result.sent += 1
    _mine(delivery).update(state=State.SENT, sent_at=timezone.now(), last_error="")
    return True


def _keep_failure(delivery: AlertDelivery, why: str, result: Sent) -> None:
    is_last = delivery.attempts >= limit("ATTEMPTS")
    result.failed += 1
    result.given_up += is_last
    log.warning(
        "alert_not_sent",
        delivery=delivery.pk,
        channel=delivery.channel,
        attempts=delivery.attempts,
        given_up=is_last,
        why=why,
    )
    _mine(delivery).update(
        state=State.GIVEN_UP if is_last else State.WAITING,
        next_at=timezone.now() + timedelta(seconds=wait_seconds(delivery.attempts)),
        last_error=why[:200],
    )


def _mine(delivery: AlertDelivery) -> QuerySet[AlertDelivery]:
    """Give the message, unless another took it on or it was withdrawn meanwhile."""
    return AlertDelivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, state=State.WAITING
    )


def wait_seconds(attempts: int) -> float:
    """Give how long to wait after so many attempts: twice as long each time."""
    wait: float = min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS)
    return wait * SystemRandom().uniform(1 - JITTER, 1 + JITTER)
