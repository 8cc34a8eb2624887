from django.conf import settings
from django.db import models
from django.db.models import Q

from races.models.fields import KeyField


class SourceFile(models.Model):
    """A file we have taken in, known by its source and its sha256.

    Its `version` orders everything the file states against every other file of the
    source: 16 bits priority, 48 bits observed_at (ms since 1970), 64 bits sha256.
    """

    class Kind(models.TextChoices):
        FILE = "file"
        # A person's edit in the admin.
        MANUAL = "manual"

    source = KeyField(max_length=50)
    #: As the client called it; shown, never used as a path.
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FILE)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_path = models.CharField(max_length=255)
    priority = models.PositiveIntegerField()
    observed_at = models.DateTimeField()
    version = models.UUIDField(editable=False)
    #: It holds all rows of the races that it speaks of: others are removed.
    is_complete = models.BooleanField(default=False)
    #: The file whose refused rows it brings again, corrected.
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
    )
    #: What its uploader says and it does not: the keys `meeting` and `race` of what it
    #: belongs to, and the `name_pattern` that tells them of a name.
    said = models.JSONField(default=dict, db_default={}, editable=False)
    layout = models.CharField(max_length=200, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    #: When every race of the file was first committed by one run.
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "version"], name="sourcefile_one_per_version"
            ),
            models.CheckConstraint(
                name="sourcefile_priority_fits_16_bits",
                condition=Q(priority__gte=0, priority__lte=65_535),
            ),
        ]
        indexes = [
            models.Index(fields=["source", "sha256"], name="sourcefile_by_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"
