from django.conf import settings
from django.db import models
from django.db.models import Q


class ColumnMapping(models.Model):
    """What a person said the columns of a kind of file are; kept in every version.

    Files with just the header of an active mapping are read by it. A new version of a
    name, or another mapping of the same header, takes the place of the one before.
    """

    name = models.CharField(max_length=50)
    #: Of its name, from 1.
    number = models.PositiveIntegerField()
    #: The object of `layouts.mapping`.
    spec = models.JSONField()
    #: Of the sorted column names of its header.
    header_sha256 = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "number"], name="columnmapping_one_per_name_and_number"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(is_active=True),
                name="columnmapping_one_active_per_name",
            ),
            models.UniqueConstraint(
                fields=["header_sha256"],
                condition=Q(is_active=True),
                name="columnmapping_one_active_per_header",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"
