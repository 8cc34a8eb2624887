from django.db import models
from django.db.models import Q

from races.models.entrant import Entrant
from races.models.versioned import Versioned


class PitStop(Versioned):
    """One stop of an entrant in the pit lane, counted from 1."""

    entrant = models.ForeignKey(
        Entrant, on_delete=models.CASCADE, related_name="pit_stops"
    )
    number = models.PositiveSmallIntegerField()
    lap = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    time_of_day = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entrant", "number"], name="pitstop_one_per_entrant_and_number"
            ),
            models.CheckConstraint(
                name="pitstop_number_is_positive", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"stop {self.number} of entrant {self.entrant_id}"
