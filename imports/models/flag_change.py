from django.conf import settings
from django.db import models
from django.db.models import Q

from imports.models.flag import NAMES
from imports.models.rollout import Rollout


class FlagChange(models.Model):
    """One change of a flag: written with it or not at all, and never changed."""

    class Kind(models.TextChoices):
        # A person has set it.
        SET = "set"
        # A person has put an earlier value back.
        RESTORED = "restored"
        # The profile's default is in force again.
        PROFILE = "profile applied"
        # The value stays; some races are written with another.
        ROLLOUT_STARTED = "rollout started"
        ROLLOUT_STOPPED = "rollout stopped"
        # The candidate held, or a person took it: it is in force.
        PROMOTED = "promoted"
        # The candidate did not hold: the value stays as it was.
        ROLLED_BACK = "rolled back"

    flag = models.CharField(max_length=50)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.SET)
    before = models.CharField(max_length=100)
    after = models.CharField(max_length=100)
    reason = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    #: Who, also once the account is gone; empty: the system.
    who = models.CharField(max_length=150, blank=True)
    rollout = models.ForeignKey(
        Rollout, on_delete=models.PROTECT, null=True, blank=True, related_name="changes"
    )

    class Meta:
        get_latest_by = "changed_at"
        constraints = [
            models.CheckConstraint(
                name="flagchange_flag_is_known", condition=Q(flag__in=NAMES)
            ),
        ]
        indexes = [
            models.Index(fields=["flag", "-changed_at"], name="flagchange_of_flag")
        ]

    def __str__(self) -> str:
        return f"{self.flag}: {self.before} → {self.after}"
