from django.db import models

from imports.models.import_run import ImportRun
from imports.models.race_checkpoint import RaceCheckpoint


class FailedAttempt(models.Model):
    """One attempt at a race, or at preparing a run, that failed.

    Kept also where a later attempt succeeds, which forgets the checkpoint's error.
    """

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="failed_attempts"
    )
    #: NULL where the run was prepared.
    checkpoint = models.ForeignKey(
        RaceCheckpoint,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="failed_attempts",
    )
    failed_at = models.DateTimeField()
    error_code = models.CharField(max_length=50)
    #: What the server said, by its code; empty where it was not the server.
    sqlstate = models.CharField(max_length=5, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["failed_at"], name="failedattempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.error_code} {self.sqlstate}".strip()
