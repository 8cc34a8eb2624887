from django.conf import settings
from django.db import models


class FeatureFlag(models.Model):
    """The value in force of one flag of `imports.flags`; edited in the admin."""

    name = models.CharField(max_length=50, unique=True)
    value = models.CharField(max_length=100)
    #: Why it was changed, for the one who reads it next.
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
