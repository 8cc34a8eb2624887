import enum

from django.db import models
from django.db.models import F
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThanOrEqual

from races.models.entrant import Entrant
from races.models.versioned import ZERO_VERSION


class LapColumn(enum.IntFlag):
    """The columns of a lap that a file can state, as the bits of `Lap.columns`."""

    TIME_MS = 1
    ELAPSED_MS = 2
    POSITION = 4
    SECTOR1_MS = 8
    SECTOR2_MS = 16
    SECTOR3_MS = 32
    IN_PIT = 64
    IS_DELETED = 128

    @property
    def column(self) -> str:
        """The name of the database column of a single bit."""
        return str(self.name).lower()


class Lap(models.Model):
    """One lap of an entrant. Times are integer milliseconds, unknown is NULL.

    Its versions are those of `Versioned`, packed for a table of millions of rows:
    `version` is the highest version, `columns` the bits of the columns it decides,
    and `older` maps the other stated columns to their versions (NULL: there are
    none, as when all files of a race carry the same columns). In `older`, `-` is the
    newest complete file that did not hold the lap: what is older stays dead.

    The reference to the entrant is guarded set by set, by statement triggers
    (docs/adr/0004), which costs half as much as a foreign key's row triggers.
    """

    pk = models.CompositePrimaryKey("entrant_id", "number")
    entrant = models.ForeignKey(
        Entrant,
        # The database deletes the laps of a deleted entrant, also in raw SQL.
        on_delete=models.DO_NOTHING,
        related_name="laps",
        db_constraint=False,
        db_index=False,
    )
    number = models.IntegerField()
    time_ms = models.IntegerField(null=True)
    elapsed_ms = models.IntegerField(null=True)
    sector1_ms = models.IntegerField(null=True)
    sector2_ms = models.IntegerField(null=True)
    sector3_ms = models.IntegerField(null=True)
    position = models.SmallIntegerField(null=True)
    columns = models.SmallIntegerField(default=0, editable=False)
    in_pit = models.BooleanField(null=True)
    is_deleted = models.BooleanField(null=True)
    version = models.UUIDField(default=ZERO_VERSION, editable=False)
    older = models.JSONField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="lap_numbers_and_times_are_not_negative",
                # LEAST passes over NULLs: one expression a row, not seven.
                condition=GreaterThanOrEqual(
                    Least(
                        "number",
                        "time_ms",
                        "elapsed_ms",
                        "sector1_ms",
                        "sector2_ms",
                        "sector3_ms",
                        F("position") - 1,
                    ),
                    0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"lap {self.number} of entrant {self.entrant_id}"
