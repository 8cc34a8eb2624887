from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from imports.models.import_run import ImportRun
from imports.models.source_file import SourceFile
from races.models import Race
from races.models.fields import KeyField


class Conflict(models.Model):
    """Two statements of different values for one row: who, what, and what settled it.

    The two sides are ordered by version, so the same disagreement is the same row
    whatever came first: `older_*` and `newer_*` (of one file, by row number). At most
    `conflict_detail_rows` a race and run are kept in full; the counts are exact.
    """

    class State(models.TextChoices):
        # Waits for a person.
        OPEN = "open"
        # A rule has settled it: the newer statement is in force.
        RULED = "ruled"
        # A person has chosen.
        SETTLED = "settled"

    class Rule(models.TextChoices):
        # The higher version is in force.
        NEWEST = "newest"
        # Of one file, the last row is in force.
        LAST_ROW = "last_row"
        # What was stored is in force until a person chooses.
        HOLD = "hold"
        # A person's earlier choice is in force.
        MANUAL = "manual"

    class Side(models.TextChoices):
        OLDER = "older"
        NEWER = "newer"

    source = KeyField(max_length=50)
    #: The run that met it first. It and the race are written in one transaction with
    #: the conflict: checking each row again cost more than writing it.
    run = models.ForeignKey(
        ImportRun,
        on_delete=models.CASCADE,
        related_name="conflict_rows",
        db_constraint=False,
        db_index=False,
    )
    race = models.ForeignKey(
        Race, on_delete=models.SET_NULL, null=True, blank=True, db_constraint=False
    )
    #: What disagrees: lap, entrant, pit_stop, race, meeting, venue, team, competitor.
    kind = models.CharField(max_length=20)
    meeting_key = KeyField(blank=True)
    race_key = KeyField(blank=True)
    #: The entrant's key, or the shared row's; empty for a race or meeting.
    key = KeyField(blank=True)
    #: Of a lap or a stop; 0 elsewhere.
    number = models.IntegerField(default=0)
    older_version = models.UUIDField()
    newer_version = models.UUIDField()
    #: Rows of the files, as a spreadsheet counts; 0 where it is not known.
    older_row = models.PositiveBigIntegerField(default=0)
    newer_row = models.PositiveBigIntegerField(default=0)
    #: Differing columns only: {column: [older value, newer value]}.
    fields = models.JSONField()
    rule = models.CharField(max_length=10, choices=Rule)
    #: The side that was in force when it was met.
    in_force = models.CharField(max_length=5, choices=Side)
    state = models.CharField(max_length=10, choices=State)
    created_at = models.DateTimeField(db_default=Now())
    #: A person's choice: the side, when, why, and the file that states it.
    chosen = models.CharField(max_length=5, choices=Side, blank=True, db_default="")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    note = models.CharField(max_length=300, blank=True, db_default="")
    settled_file = models.ForeignKey(
        SourceFile, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "source",
                    "kind",
                    "meeting_key",
                    "race_key",
                    "key",
                    "number",
                    "older_version",
                    "newer_version",
                    "older_row",
                ],
                name="conflict_one_per_row_and_sides",
            ),
            models.CheckConstraint(
                name="conflict_settled_at_set_iff_settled",
                condition=models.Q(settled_at__isnull=False, state="settled")
                | (models.Q(settled_at__isnull=True) & ~models.Q(state="settled")),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], name="conflict_by_run"),
            models.Index(
                fields=["id"],
                name="conflict_open",
                condition=models.Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"conflict on {self.name}"

    @property
    def name(self) -> str:
        """The row that the sides disagree on, for people."""
        place = "/".join(k for k in (self.meeting_key, self.race_key, self.key) if k)
        number = f" {self.number}" if self.kind in ("lap", "pit_stop") else ""
        return f"{self.kind.replace('_', ' ')}{number} {place}"
