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
    #: What the one who acknowledged or closed it wants others to know.
    note = models.CharField(max_length=500, blank=True, db_default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    #: NULL: it closed by itself. Closed by a person, it stays so while it still holds.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    #: Whether a person closed it: who may be gone by now.
    is_closed_by_hand = models.BooleanField(default=False, db_default=False)
    #: When it was last told of, in an open state.
    told_at = models.DateTimeField(null=True, blank=True)
    #: How often it came back soon after it closed: it is one alert still.
    times_back = models.PositiveIntegerField(default=0, db_default=0)

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
        indexes = [
            models.Index(fields=["-opened_at"], name="alert_newest_first"),
            # The last of a rule and subject, whatever became of it.
            models.Index(
                fields=["rule", "subject", "-opened_at"], name="alert_last_of_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}".strip()
