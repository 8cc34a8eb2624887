from django.db import models

from imports.models.import_run import ImportRun
from imports.models.race_checkpoint import RaceCheckpoint


class RowRevision(models.Model):
    """What a row was before a run updated or deleted it: all its columns, versions too.

    Laps have a typed table of their own, `LapRevision`; what a run inserted is listed
    on its checkpoint (`undo`).
    """

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="row_revisions"
    )
    #: NULL for shared rows: venues, teams, competitors, meetings.
    checkpoint = models.ForeignKey(
        RaceCheckpoint,
        on_delete=models.CASCADE,
        null=True,
        related_name="row_revisions",
    )
    #: The model, in lower case: race, entrant, pitstop, meeting, venue, …
    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    #: Database columns by name; what they held before.
    before = models.JSONField()
    is_deleted = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "row_id"], name="rowrevision_by_row"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} before run {self.run_id}"


class LapRevision(models.Model):
    """What a lap was before a race's transaction changed it; `existed` is False for an
    insert into a race that had laps.

    Laps that a run inserted into a race without laps have none: the checkpoint's
    `undo` says so in one word.
    """

    # As many rows as laps: the key is the one index, and the reference, which only the
    # race's own transaction writes, is not checked row by row.
    pk = models.CompositePrimaryKey("checkpoint_id", "entrant_id", "number")
    checkpoint = models.ForeignKey(
        RaceCheckpoint,
        on_delete=models.CASCADE,
        related_name="lap_revisions",
        db_constraint=False,
        db_index=False,
    )
    entrant_id = models.BigIntegerField()
    number = models.IntegerField()
    existed = models.BooleanField()
    is_removed = models.BooleanField()
    time_ms = models.IntegerField(null=True)
    elapsed_ms = models.IntegerField(null=True)
    sector1_ms = models.IntegerField(null=True)
    sector2_ms = models.IntegerField(null=True)
    sector3_ms = models.IntegerField(null=True)
    position = models.SmallIntegerField(null=True)
    columns = models.SmallIntegerField(default=0)
    in_pit = models.BooleanField(null=True)
    is_deleted = models.BooleanField(null=True)
    version = models.UUIDField(null=True)
    older = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"lap {self.number} of entrant {self.entrant_id} before"
