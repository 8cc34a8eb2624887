from django.conf import settings
from django.db import models
from django.db.models import Q

from imports.models.flag import NAMES, Flag


class FeatureFlag(models.Model):
    """The value in force of one flag of `imports.flags`, where it is not the profile's."""

    name = models.CharField(max_length=50, unique=True)
    value = models.CharField(max_length=100)
    #: Why it was changed, for the one who reads it next.
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="featureflag_name_is_known", condition=Q(name__in=NAMES)
            ),
            # SQL that bypasses the admin may leave any other flag unusable, and its
            # default is in force then. Of this one that would be the wrong way.
            models.CheckConstraint(
                name="featureflag_kill_switch_is_on_or_off",
                condition=~Q(name=Flag.INGEST_ENABLED.value)
                | Q(value__in=["on", "off"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
