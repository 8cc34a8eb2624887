from django.db import models


class Change(models.Model):
    """The last change of a race, or of a row that races share; written by triggers.

    `changed_in` is the transaction (64 bits, the highest where several did) that last
    wrote anything of the race: its row, its entrants, laps or pit stops. Of a meeting,
    venue, team or competitor: its own row. `shown_in` is the one that last changed what
    other rows show of this row, such as its name; NULL: none ever has.

    A transaction, not a time: rows are written before they can be seen, so that who
    follows times misses those of slow transactions (docs/adr/0028).
    """

    class Kind(models.TextChoices):
        RACE = "race"
        MEETING = "meeting"
        VENUE = "venue"
        TEAM = "team"
        COMPETITOR = "competitor"
        #: Only what other rows show of it: its laps and stops are marked by the race.
        ENTRANT = "entrant"
        #: By race, only which file its laps name without having been written: the
        #: complete one that repeats them.
        LAPS = "laps"

    pk = models.CompositePrimaryKey("kind", "row_id")
    kind = models.CharField(max_length=10, choices=Kind, db_collation="C")
    row_id = models.BigIntegerField()
    changed_in = models.BigIntegerField()
    changed_at = models.DateTimeField()
    shown_in = models.BigIntegerField(null=True)
    shown_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "changed_in", "row_id"], name="change_by_xid"),
            models.Index(
                fields=["kind", "shown_in", "row_id"],
                name="change_by_shown_xid",
                condition=models.Q(shown_in__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} in transaction {self.changed_in}"
