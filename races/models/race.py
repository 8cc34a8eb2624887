import datetime as dt

from django.db import models
from django.db.models import Q

from races.models.fields import EmptyObjectField, KeyField, key_is_normalized
from races.models.meeting import Meeting
from races.models.versioned import ZERO_VERSION, Versioned

FIRST_MOMENT = dt.datetime(1850, 1, 1, tzinfo=dt.UTC)
LAST_MOMENT = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)

#: Race keys that are kinds: a race known only from its laps has the kind of its key.
KINDS = (
    "race",
    "sprint",
    "qualifying",
    "practice",
    "heat",
    "final",
    "trial",
)


class Race(Versioned):
    """One timed contest of a meeting: the unit of lock, transaction and checkpoint.

    A floor is the version of the newest complete file of the race's laps, entrants or
    pit stops: what is older and not in that file is gone, and comes back by no older
    file. Laps that such a file only repeats are not written again: their effective
    version is the higher of their own and the floor, for the columns that the file
    states (`laps_floor_columns`).
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="races")
    key = KeyField()
    name = models.CharField(max_length=300, null=True, blank=True)
    number = models.IntegerField(null=True, blank=True)
    kind = models.CharField(max_length=50, null=True, blank=True)
    status = models.CharField(max_length=50, null=True, blank=True)
    scheduled_start = models.DateTimeField(null=True, blank=True)
    distance_m = models.PositiveIntegerField(null=True, blank=True)
    scheduled_laps = models.PositiveIntegerField(null=True, blank=True)
    attributes = EmptyObjectField(blank=True)
    laps_floor = models.UUIDField(
        default=ZERO_VERSION, db_default=ZERO_VERSION, editable=False
    )
    #: Bits of `LapColumn`.
    laps_floor_columns = models.SmallIntegerField(
        default=0, db_default=0, editable=False
    )
    entrants_floor = models.UUIDField(
        default=ZERO_VERSION, db_default=ZERO_VERSION, editable=False
    )
    pit_stops_floor = models.UUIDField(
        default=ZERO_VERSION, db_default=ZERO_VERSION, editable=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "key"], name="race_one_per_meeting_and_key"
            ),
            key_is_normalized("race"),
            models.CheckConstraint(
                name="race_scheduled_start_is_sane",
                condition=Q(scheduled_start__isnull=True)
                | Q(
                    scheduled_start__gte=FIRST_MOMENT,
                    scheduled_start__lt=LAST_MOMENT,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meeting} · {self.name or self.key}"
