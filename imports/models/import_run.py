from collections.abc import Sequence
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from imports.models.counts import CountedRows
from races.models.fields import KeyField


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    """Runs, with counts beside them."""

    def with_race_counts(self) -> "ImportRunQuerySet":
        """Annotate total, done and failed races, counted for the rows shown only."""
        return self.annotate(
            race_total=_race_count(),
            race_done=_race_count(state="done"),
            race_failed=_race_count(state="failed"),
        )

    def plans(self) -> "ImportRunQuerySet":
        """Keep the dry runs that wait for a person to confirm them."""
        return self.filter(state=ImportRun.State.PLANNED, options__dry_run=True)

    def queued_or_planned(self) -> "ImportRunQuerySet":
        """Keep the runs that nobody works on: they wait for a worker or a person."""
        plan = Q(state=ImportRun.State.PLANNED, options__dry_run=True)
        return self.filter(Q(state=ImportRun.State.QUEUED) | plan)

    def waiting_for_workers(self) -> "ImportRunQuerySet":
        """Keep the runs that whoever has time may take on.

        Not those that nobody was rung for: who made or resumed them works them at once.
        """
        queued = self.filter(state=ImportRun.State.QUEUED, rung_at__isnull=False)
        return queued.filter(is_paused=False, is_cancel_requested=False)

    def unfinished(self) -> "ImportRunQuerySet":
        """Keep the runs that are not over."""
        return self.exclude(state__in=ImportRun.FINAL)

    def move(self, pk: int, *, from_states: Sequence[str], to_state: str) -> bool:
        """Change the state by compare-and-swap; False where another was first."""
        return bool(self.filter(pk=pk, state__in=from_states).update(state=to_state))


def _race_count(**chosen: str) -> Coalesce:
    # A subquery: a join would count the races of every run before the page is cut.
    checkpoints = apps.get_model("imports", "RaceCheckpoint").objects
    of_run = checkpoints.filter(run=OuterRef("pk"), **chosen).order_by().values("run")
    return Coalesce(Subquery(of_run.values(number=Count("pk"))), 0)


class ImportRun(CountedRows):
    """One attempt to import a set of source files."""

    class State(models.TextChoices):
        # Waits for a worker.
        QUEUED = "queued"
        # Its files are read into staging.
        STAGING = "staging"
        # Its races are known; none is written yet.
        PLANNED = "planned"
        # Lanes write its races.
        WRITING = "writing"
        # Every file and every race is in.
        SUCCEEDED = "succeeded"
        # Some files or races are in, some are not.
        PARTIAL = "partial"
        # Nothing is in.
        FAILED = "failed"
        # A person or the kill switch ended it; what was committed stays.
        CANCELLED = "cancelled"

    FINAL = (State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELLED)

    class Trigger(models.TextChoices):
        COMMAND = "command"
        ADMIN = "admin"
        API = "api"

    class Kind(models.TextChoices):
        # Files come in.
        IMPORT = "import"
        # A person's edit or choice comes in, as a file of their own.
        EDIT = "edit"
        # What another run changed is put back.
        REVERT = "revert"

    source = KeyField(max_length=50)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.IMPORT)
    #: The run that this one puts back.
    reverts = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reverted_by",
    )
    trigger = models.CharField(max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    #: Flags and options as they were when the run was made: it keeps to them.
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    #: Since when it waits for a worker, or last did; NULL: since it was made.
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: Counts of venues, teams, competitors and meetings; set when they are committed.
    shared_rows = models.JSONField(null=True, editable=False)
    #: What the run made of the shared rows, for its revert: see `Undo`.
    shared_undo = models.JSONField(default=dict, db_default={}, editable=False)
    is_cancel_requested = models.BooleanField(default=False)
    #: A person has paused it: nobody claims it or its races until they continue it.
    is_paused = models.BooleanField(default=False, db_default=False)
    #: When a worker was last rung for; NULL: who made or resumed it works it.
    rung_at = models.DateTimeField(null=True, blank=True)
    #: Who prepares it; the epoch is the fence: an owner that lost it cannot go on.
    owner = models.CharField(max_length=100, blank=True, db_default="")
    epoch = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    #: The last sign of life of the owner; NULL until the first.
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    #: For a dry run: the shared rows that the plan was computed against.
    basis = models.CharField(max_length=64, blank=True, db_default="")
    #: Why the run ended as it did, where a sentence is needed.
    message = models.TextField(blank=True)
    files = models.ManyToManyField("imports.SourceFile", through="imports.RunFile")

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        get_latest_by = "created_at"
        constraints = [
            models.CheckConstraint(
                name="importrun_finished_at_set_iff_final",
                condition=Q(
                    finished_at__isnull=False,
                    state__in=["succeeded", "partial", "failed", "cancelled"],
                )
                | Q(
                    finished_at__isnull=True,
                    state__in=["queued", "staging", "planned", "writing"],
                ),
            ),
            models.CheckConstraint(
                name="importrun_finished_after_start",
                condition=Q(started_at__isnull=True)
                | Q(finished_at__isnull=True)
                | Q(finished_at__gte=F("started_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="importrun_newest_first"),
            # The few that are not over, among any number that are.
            models.Index(
                fields=["state"],
                name="importrun_unfinished",
                condition=Q(state__in=["queued", "staging", "planned", "writing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def is_final(self) -> bool:
        """Whether the run is over."""
        return self.state in self.FINAL

    @property
    def is_held_up(self) -> bool:
        """Whether it is paused, and so is not worked on."""
        return self.is_paused and not self.is_final and not self.is_cancel_requested

    @property
    def is_plan(self) -> bool:
        """Whether it is a dry run that waits for a person to confirm it."""
        return self.state == self.State.PLANNED and bool(self.options.get("dry_run"))

    @property
    def is_file_left_out(self) -> bool:
        """Whether a file that was asked for is missing, and no next time brings it."""
        left_out = self.options.get("left_out", [])
        return any(left["is_missed"] for left in left_out)

    @property
    def may_be_unchanged(self) -> bool:
        """Whether its races may be stored just as its files state them.

        A file was read by an earlier run, or a complete one comes again as a new file.
        """
        staged = self.run_files.filter(state="staged")
        mine = staged.values("source_file")
        earlier = type(self).objects.filter(pk__lt=self.pk, run_files__state="staged")
        is_known = earlier.filter(run_files__source_file__in=mine).exists()
        return is_known or staged.filter(is_complete=True).exists()

    @property
    def duration(self) -> timedelta | None:
        """How long it worked; up to now while it still does."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at
