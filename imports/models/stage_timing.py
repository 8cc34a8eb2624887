from django.db import models

from imports.models.import_run import ImportRun


class StageTiming(models.Model):
    """How long one stage of a run took, and what went through it."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="timings")
    stage = models.CharField(max_length=20)
    #: The file's name where the stage works file by file.
    subject = models.CharField(max_length=255, blank=True)
    #: When it began; NULL for what was measured before this was kept.
    started_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField()
    rows = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        # The name of its page in the menu.
        verbose_name_plural = "timings"
        indexes = [
            models.Index(fields=["started_at"], name="stagetiming_started"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.subject} {self.seconds:.3f} s"

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return self.seconds * 1000

    @property
    def kib(self) -> float:
        """The size of its file."""
        return self.size_bytes / 1024

    @property
    def rate(self) -> float | None:
        """Rows a second; None where none is counted."""
        return self.rows / self.seconds if self.rows and self.seconds else None
