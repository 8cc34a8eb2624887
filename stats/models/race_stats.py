from django.db import models

from races.models import Entrant, Race


class RaceStats(models.Model):
    """What the entrants and laps of one race add up to."""

    race = models.OneToOneField(
        Race, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    entrants = models.PositiveIntegerField()
    entrants_with_laps = models.PositiveIntegerField()
    laps = models.PositiveIntegerField()
    #: Laps that the results say were driven; NULL while no result says so.
    expected_laps = models.PositiveBigIntegerField(null=True)
    #: Of those, entrant by entrant, the ones that no file has brought: a lap too many
    #: of one entrant makes up for no lap of another.
    missing_laps = models.PositiveBigIntegerField(null=True)
    #: The sum of the counts of the race's warnings.
    warning_count = models.PositiveIntegerField(default=0, db_default=0)
    total_ms = models.BigIntegerField(null=True)
    fastest_lap_ms = models.IntegerField(null=True)
    fastest_lap_number = models.IntegerField(null=True)
    fastest_lap_entrant = models.ForeignKey(
        Entrant, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "race stats"

    def __str__(self) -> str:
        return f"stats of race {self.race_id}"
