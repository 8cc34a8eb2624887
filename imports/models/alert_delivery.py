import uuid

from django.db import models
from django.db.models import Q

from imports.models.alert import Alert


class AlertDelivery(models.Model):
    """What is told of an alert through one channel: an outbox.

    Written by the transaction that opens or closes the alert, sent by whoever watches.
    A receiver may get it twice, never with another `message_id`.
    """

    class Event(models.TextChoices):
        OPENED = "opened"
        # It is open still, and nobody has acknowledged it.
        REMINDER = "reminder"
        CLOSED = "closed"

    class Channel(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        # Tried too often: it is not tried again.
        GIVEN_UP = "given up"
        # The alert came back before its end was told.
        WITHDRAWN = "withdrawn"

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.CharField(max_length=10, choices=Event)
    channel = models.CharField(max_length=10, choices=Channel)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    #: What is said, the same in every attempt.
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    #: It is not tried before; while somebody sends it, others wait until then.
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    #: Why the last attempt failed; never an address or a secret.
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "alert deliveries"
        constraints = [
            models.CheckConstraint(
                name="alertdelivery_sent_at_set_iff_sent",
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_at"],
                name="alertdelivery_waiting",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"
