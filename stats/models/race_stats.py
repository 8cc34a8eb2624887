from django.db import models

from races.models import Entrant, Race


class RaceStats(models.Model):
    """What follows from the entrants and laps of one race (docs/stats.md)."""

    class Order(models.TextChoices):
        """What the order of the entrants is taken from."""

        RESULT = "result", "Published positions"
        LAPS = "laps", "Laps and their times"

    class Gaps(models.TextChoices):
        """What gaps and the margin are taken from."""

        RESULT = "result", "Published laps and times"
        ELAPSED = "elapsed", "Race clock of the last lap"
        LAPS = "laps", "Sum of lap times"

    class Lead(models.TextChoices):
        """What tells who led a lap."""

        POSITIONS = "positions", "Positions of laps"
        ELAPSED = "elapsed", "Race clock of laps"
        LAPS = "laps", "Sums of lap times"

    race = models.OneToOneField(
        Race, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    entrants = models.PositiveIntegerField()
    entrants_with_laps = models.PositiveIntegerField()
    laps = models.PositiveIntegerField()
    #: Laps with those that were struck out.
    held_laps = models.PositiveIntegerField(default=0, db_default=0)
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
    order_from = models.CharField(max_length=20, choices=Order, null=True)
    #: The first of a dead heat by key; then the margin is 0.
    winner = models.ForeignKey(
        Entrant, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    gaps_from = models.CharField(max_length=20, choices=Gaps, null=True)
    margin_ms = models.BigIntegerField(null=True)
    margin_laps = models.IntegerField(null=True)
    lead_from = models.CharField(max_length=20, choices=Lead, null=True)
    #: Laps of which the leader is known; what follows is about those alone.
    led_laps = models.PositiveIntegerField(null=True)
    leaders = models.PositiveIntegerField(null=True)
    lead_changes = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "race stats"

    def __str__(self) -> str:
        return f"stats of race {self.race_id}"

    @property
    def completeness(self) -> float | None:
        """The part of the expected laps that is there; None where none is expected."""
        if not self.expected_laps or self.missing_laps is None:
            return None
        return 1 - self.missing_laps / self.expected_laps
