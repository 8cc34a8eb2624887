from django.db import models
from django.db.models import Q

from races.models.competitor import Competitor
from races.models.fields import EmptyObjectField, KeyField, key_is_normalized
from races.models.race import Race
from races.models.team import Team
from races.models.versioned import Versioned


class EntrantQuerySet(models.QuerySet["Entrant"]):
    """Entrants, with what readers want beside them."""

    def with_names(self) -> "EntrantQuerySet":
        """Join what `display_name` and `team_name` read."""
        return self.select_related("competitor", "team")

    def in_order_of_finish(self) -> "EntrantQuerySet":
        """Sort by finishing position, the unplaced last."""
        return self.order_by(models.F("position").asc(nulls_last=True), "key")


class Entrant(Versioned):
    """A competitor in one race, with its number and its result."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="entrants")
    key = KeyField()
    number = models.CharField(max_length=20, null=True, blank=True)
    name = models.CharField(max_length=300, null=True, blank=True)
    competitor = models.ForeignKey(
        Competitor, on_delete=models.PROTECT, null=True, blank=True
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=50, null=True, blank=True)
    #: A complete file no longer holds it; NULL while no file has stated it at all.
    is_withdrawn = models.BooleanField(null=True, editable=False)
    grid = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(null=True, blank=True)
    laps_completed = models.PositiveIntegerField(null=True, blank=True)
    total_time_ms = models.PositiveBigIntegerField(null=True, blank=True)
    gap = models.CharField(max_length=50, null=True, blank=True)
    points = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    fastest_lap_ms = models.PositiveIntegerField(null=True, blank=True)
    attributes = EmptyObjectField(blank=True)

    objects = EntrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["race", "key"], name="entrant_one_per_race_and_key"
            ),
            key_is_normalized("entrant"),
            models.CheckConstraint(
                name="entrant_points_are_finite",
                # PostgreSQL's NaN is greater than every number.
                condition=Q(points__isnull=True)
                | Q(points__gt=-1_000_000, points__lt=1_000_000),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The entrant's own name, else its competitor's, else its key."""
        shared = str(self.competitor) if self.competitor else self.key
        return self.name or shared
