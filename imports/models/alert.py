from django.conf import settings
from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """Something that an operator must know; one that is not closed is told of once."""

    class Severity(models.TextChoices):
        CRITICAL = "critical"
        WARNING = "warning"

    class State(models.TextChoices):
        OPEN = "open"
        # A person knows; it is not told of again until it closes.
        ACKNOWLEDGED = "acknowledged"
        # What it said is over.
        CLOSED = "closed"

    #: The rule that opened it, by its name.
    rule = models.CharField(max_length=50)
    #: What it is about, where a rule can be broken by several things: a run, a flag.
    subject = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=10, choices=Severity)
    state = models.CharField(max_length=15, choices=State, default=State.OPEN)
    #: What is wrong, with its figures, and what to do.
    message = models.TextField()
    opened_at = models.DateTimeField()
    #: When the rule last found it so, and how often it did.
    seen_at = models.DateTimeField()
    times_seen = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        get_latest_by = "opened_at"
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"],
                condition=~Q(state="closed"),
                name="alert_one_open_per_rule_and_subject",
            ),
            models.CheckConstraint(
                name="alert_closed_at_set_iff_closed",
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="alert_newest_first")]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}".strip()
