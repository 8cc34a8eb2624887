from django.db import models


class Removal(models.Model):
    """A row that was deleted, so that who follows changes hears of it.

    Written by triggers. Of a row that was deleted more than once it is the last time;
    one that was brought back has it still.
    """

    #: As the API calls it: laps, pit-stops, entrants, races…
    resource = models.CharField(max_length=20, db_collation="C")
    #: The id of the row; of a lap, that of its entrant.
    row_id = models.BigIntegerField()
    #: Of a lap; of the others 0.
    number = models.IntegerField(default=0)
    removed_in = models.BigIntegerField()
    removed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "row_id", "number"], name="removal_one_per_row"
            ),
        ]
        indexes = [
            models.Index(fields=["removed_in", "id"], name="removal_by_xid"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.row_id} {self.number or ''}".rstrip()
