import datetime as dt

from django.db import models
from django.db.models import Q

from races.models.fields import EmptyObjectField, KeyField, key_is_normalized
from races.models.venue import Venue
from races.models.versioned import Versioned

FIRST_DATE = dt.date(1850, 1, 1)
LAST_DATE = dt.date(2100, 1, 1)


class Meeting(Versioned):
    """One venue, one programme of races: a race day, a round, a club event."""

    source = KeyField(max_length=50)
    key = KeyField()
    name = models.CharField(max_length=300, null=True, blank=True)
    discipline = models.CharField(max_length=50, null=True, blank=True)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, null=True, blank=True)
    country = models.CharField(max_length=100, null=True, blank=True)
    timezone = models.CharField(max_length=64, null=True, blank=True)
    start_date = models.DateField(null=True, blank=True)
    season = models.PositiveSmallIntegerField(null=True, blank=True)
    round = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=50, null=True, blank=True)
    attributes = EmptyObjectField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], name="meeting_one_per_source_and_key"
            ),
            key_is_normalized("meeting"),
            # psycopg cannot read the dates that PostgreSQL can store beyond these.
            models.CheckConstraint(
                name="meeting_start_date_is_sane",
                condition=Q(start_date__isnull=True)
                | Q(start_date__gte=FIRST_DATE, start_date__lt=LAST_DATE),
            ),
        ]
        indexes = [
            models.Index(fields=["start_date", "id"], name="meeting_by_start_date"),
        ]

    def __str__(self) -> str:
        season = f"{self.season} " if self.season else ""
        return f"{season}{self.name or self.key}"
