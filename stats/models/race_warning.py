from django.db import models

from races.models import Race


class RaceWarning(models.Model):
    """What one domain check doubts in one race; nothing was changed or left out for it.

    `count` is exact; `examples` holds the first of them, by entrant and lap: objects
    with `entrants` (keys), `lap` (or null) and the figures of `stats/derive.sql`.
    """

    class Code(models.TextChoices):
        LAPS_DO_NOT_SUM = "laps_do_not_sum", "Laps do not sum to the published time"
        LAPS_DIFFER_FROM_RESULT = (
            "laps_differ_from_result",
            "Other number of laps than the result says",
        )
        LAP_NUMBERS_MISSING = "lap_numbers_missing", "Lap numbers missing in between"
        LAP_MAY_BE_TWO = "lap_may_be_two", "Lap that may be two"
        LAP_VERY_LONG = "lap_very_long", "Very long lap"
        LAP_VERY_SHORT = "lap_very_short", "Very short lap"
        LAP_TIME_ZERO = "lap_time_zero", "Lap time of zero"
        SECTORS_DO_NOT_SUM = "sectors_do_not_sum", "Sectors do not sum to the lap time"
        ELAPSED_GOES_DOWN = "elapsed_goes_down", "Race clock goes back"
        NUMBER_TWICE = "number_twice", "One car number twice"

    pk = models.CompositePrimaryKey("race_id", "code")
    race = models.ForeignKey(
        Race, on_delete=models.CASCADE, related_name="warnings", db_index=False
    )
    code = models.CharField(max_length=40, choices=Code)
    count = models.PositiveIntegerField()
    examples = models.JSONField()

    def __str__(self) -> str:
        return f"{self.count} x {self.code} in race {self.race_id}"
