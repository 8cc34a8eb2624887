from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from imports.models.flag import NAMES


class Rollout(models.Model):
    """A candidate value of a flag, tried on a share of the races before it is in force."""

    class State(models.TextChoices):
        RUNNING = "running"
        # It held, or a person took it: the candidate is the flag's value.
        PASSED = "passed"
        # It was worse than the value in force, which stays.
        ROLLED_BACK = "rolled back"
        # A person ended it; the value in force stays.
        STOPPED = "stopped"

    #: Percent of the races that are written with the candidate, one stage after another.
    STAGES = (10, 50, 100)

    flag = models.CharField(max_length=50)
    candidate = models.CharField(max_length=100)
    #: What was in force when it began, and is while it runs.
    control = models.CharField(max_length=100)
    state = models.CharField(max_length=15, choices=State, default=State.RUNNING)
    percent = models.PositiveSmallIntegerField(default=STAGES[0])
    #: The guard: races that each arm must have before it is judged, and by how much the
    #: candidate may be worse.
    min_races = models.PositiveIntegerField(
        default=50, validators=[MinValueValidator(5), MaxValueValidator(100_000)]
    )
    max_error_points = models.FloatField(
        default=1.0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    max_p95_percent = models.FloatField(
        default=20.0, validators=[MinValueValidator(0), MaxValueValidator(1_000)]
    )
    reason = models.CharField(max_length=300, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    started_at = models.DateTimeField()
    stage_started_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True)
    #: The arms of each stage as they were last judged: {"10": {"control": {…}, …}, …}.
    figures = models.JSONField(default=dict, editable=False)

    class Meta:
        get_latest_by = "started_at"
        constraints = [
            models.UniqueConstraint(
                fields=["flag"],
                condition=Q(state="running"),
                name="rollout_one_running_per_flag",
            ),
            models.CheckConstraint(
                name="rollout_flag_is_known", condition=Q(flag__in=NAMES)
            ),
            models.CheckConstraint(
                name="rollout_percent_is_a_stage",
                condition=Q(percent__in=(10, 50, 100)),
            ),
            models.CheckConstraint(
                name="rollout_ended_at_set_iff_over",
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag}: {self.control} → {self.candidate}"

    @property
    def is_running(self) -> bool:
        """Whether races are written with the candidate to try it."""
        return self.state == self.State.RUNNING

    @property
    def next_percent(self) -> int | None:
        """The share of the next stage; None after the last."""
        later = [stage for stage in self.STAGES if stage > self.percent]
        return later[0] if later else None
