from django.db import models
from django.db.models import ExpressionWrapper, Q

from imports.models.counts import CountedRows
from imports.models.import_run import ImportRun
from races.models import Race
from races.models.fields import KeyField


class RaceCheckpoint(CountedRows):
    """A row in state done means: this race of this run is committed.

    Done is set by the transaction that writes the race, fenced by `epoch`: a lane
    whose lease was taken over cannot commit.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        # A lane holds it until `lease_until`.
        CLAIMED = "claimed"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="checkpoints"
    )
    number = models.PositiveIntegerField()
    source = KeyField(max_length=50)
    meeting_key = KeyField()
    race_key = KeyField()
    race = models.ForeignKey(Race, on_delete=models.SET_NULL, null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    epoch = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=100, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    laps_staged = models.PositiveIntegerField(default=0)
    records_staged = models.PositiveIntegerField(default=0)
    #: Milliseconds: reading its staged rows, deciding, writing, all of it.
    fetch_ms = models.FloatField(null=True, blank=True)
    transform_ms = models.FloatField(null=True, blank=True)
    write_ms = models.FloatField(null=True, blank=True)
    total_ms = models.FloatField(null=True, blank=True)
    #: Statements that its transaction sent.
    queries = models.PositiveIntegerField(null=True, blank=True)
    #: Connections of lanes, of all runs, when it was claimed.
    connections = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Values of flags that it was written with, where they were not the run's.
    options = models.JSONField(default=dict, db_default={}, editable=False)
    #: What the race's transaction made, for its revert: see `Undo`.
    undo = models.JSONField(default=dict, db_default={}, editable=False)
    #: For a dry run: the rows of the race that the plan was computed against.
    basis = models.CharField(max_length=64, blank=True, db_default="")
    error_code = models.CharField(max_length=50, blank=True)
    message = models.TextField(blank=True)
    is_retryable = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "source", "meeting_key", "race_key"],
                name="racecheckpoint_one_per_run_and_race",
            ),
            models.CheckConstraint(
                name="racecheckpoint_lease_set_iff_claimed",
                condition=Q(state="claimed", lease_until__isnull=False)
                | (~Q(state="claimed") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="racecheckpoint_finished_at_set_iff_settled",
                condition=Q(
                    finished_at__isnull=False,
                    state__in=["done", "failed", "cancelled"],
                )
                | Q(finished_at__isnull=True, state__in=["waiting", "claimed"]),
            ),
        ]
        indexes = [
            # It holds what the timings of a month are made of: rows are wide, and are
            # not read for them.
            models.Index(
                fields=["finished_at"],
                include=[
                    "id",
                    "run",
                    "claimed_at",
                    "laps_staged",
                    "records_staged",
                    "fetch_ms",
                    "transform_ms",
                    "write_ms",
                    "total_ms",
                    "queries",
                    "connections",
                    "state",
                    "owner",
                    "options",
                ],
                name="racecheckpoint_finished",
                condition=Q(finished_at__isnull=False),
            ),
            # In the order of `claim_races`: a claim reads as many rows as it takes.
            models.Index(
                "run",
                ExpressionWrapper(
                    Q(state="waiting") & Q(attempts__gt=0),
                    output_field=models.BooleanField(),
                ),
                "number",
                name="racecheckpoint_open",
                condition=Q(state__in=["waiting", "claimed"]),
            ),
            models.Index(
                fields=["run"],
                name="racecheckpoint_failed",
                condition=Q(state="failed"),
            ),
            # The few that lanes hold, among any number that wait.
            models.Index(
                fields=["claimed_at"],
                name="racecheckpoint_claimed",
                condition=Q(state="claimed"),
            ),
            # For counting: how many are in which state.
            models.Index(fields=["state"], name="racecheckpoint_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_key}/{self.race_key} of run {self.run_id}"
