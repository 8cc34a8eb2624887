from django.db import models

from races.models import Entrant


class EntrantStats(models.Model):
    """What the laps of one entrant add up to. Lap 0 (grid, formation) never counts."""

    entrant = models.OneToOneField(
        Entrant, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    laps = models.PositiveIntegerField()
    timed_laps = models.PositiveIntegerField()
    total_ms = models.BigIntegerField(null=True)
    best_ms = models.IntegerField(null=True)
    best_lap = models.IntegerField(null=True)
    mean_ms = models.FloatField(null=True)
    median_ms = models.FloatField(null=True)
    #: Standard deviation of the sample (n - 1), in ms; NULL below two laps.
    stddev_ms = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "entrant stats"

    def __str__(self) -> str:
        return f"stats of entrant {self.entrant_id}"
