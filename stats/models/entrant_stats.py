from django.db import models
from django.db.models import Value

from races.models import Entrant


class EntrantStats(models.Model):
    """What follows from the laps and the result of one entrant (docs/stats.md).

    Lap 0 (grid, formation) never counts; an entrant without laps has a row too.
    """

    entrant = models.OneToOneField(
        Entrant, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    laps = models.PositiveIntegerField()
    timed_laps = models.PositiveIntegerField()
    total_ms = models.BigIntegerField(null=True)
    best_ms = models.IntegerField(null=True)
    best_lap = models.IntegerField(null=True)
    #: Place by best lap; of equal times the one that was driven first is before.
    best_rank = models.PositiveIntegerField(null=True)
    mean_ms = models.FloatField(null=True)
    median_ms = models.FloatField(null=True)
    #: Standard deviation of the sample (n - 1), in ms; NULL below two laps.
    stddev_ms = models.FloatField(null=True)
    #: Sum of the best sectors; NULL unless all that the race has are known.
    theoretical_best_ms = models.BigIntegerField(null=True)
    green_laps = models.PositiveIntegerField(default=0, db_default=0)
    #: 1 - deviation / mean of the green laps; NULL below five.
    consistency = models.FloatField(null=True)
    #: NULL where no lap of the race tells who led.
    laps_led = models.PositiveIntegerField(null=True)
    #: Gaps in ms are those of entrants with the same number of laps.
    gap_to_leader_ms = models.BigIntegerField(null=True)
    gap_to_leader_laps = models.IntegerField(null=True)
    gap_to_ahead_ms = models.BigIntegerField(null=True)
    gap_to_ahead_laps = models.IntegerField(null=True)
    #: Objects in order: first_lap, last_lap, laps, best_ms, mean_ms (docs/adr/0025).
    stints = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), editable=False
    )

    class Meta:
        verbose_name_plural = "entrant stats"

    def __str__(self) -> str:
        return f"stats of entrant {self.entrant_id}"
