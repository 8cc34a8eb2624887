"""Rollouts: what was tried on which share of the races, and what came of it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from imports.actions.guard import Arm
from imports.actions.rollouts import arms_of
from imports.admin.flag_views import end_rollout_view
from imports.models import Rollout
from imports.pipeline.arms import CANDIDATE, CONTROL
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

State = Rollout.State
TONES = {
    State.RUNNING: "busy",
    State.PASSED: "good",
    State.ROLLED_BACK: "bad",
    State.STOPPED: "idle",
}


@dataclass(frozen=True)
class ArmLine:
    """One arm at one stage."""

    stage: int
    name: str
    value: str
    arm: Arm


@admin.register(Rollout)
class RolloutAdmin(PageAdmin):
    change_form_template = "admin/imports/rollout/page.html"
    list_display = [
        "name",
        "state_badge",
        "share",
        "started",
        "started_by",
        "ended",
        "why",
    ]
    list_filter = ["flag", "state", "started_at"]
    list_select_related = ["started_by"]
    ordering = ["-pk"]
    empty_hint = "None yet. A flag's page starts one, where its value acts on a race."

    def get_urls(self) -> list[URLPattern]:
        ends = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(
                    require_POST(partial(end_rollout_view, is_promoted=is_promoted))
                ),
                name=f"imports_rollout_{name}",
            )
            for name, is_promoted in (("stop", False), ("promote", True))
        ]
        return [*ends, *super().get_urls()]

    def facts(self, obj: Rollout) -> list[Fact]:
        return [
            ("State", badge(obj)),
            ("Flag", obj.flag),
            ("In force when it began", obj.control),
            ("Candidate", obj.candidate),
            ("Started", obj.started_at),
            ("By", obj.started_by),
            ("Why", obj.reason),
            ("Ended", obj.ended_at),
            ("Ended by", obj.ended_by or ("the system" if obj.ended_at else None)),
            ("Why it ended", obj.ended_reason),
        ]

    def page_context(self, request: HttpRequest, obj: Rollout) -> dict[str, Any]:
        return {"can_change": request.user.has_perm("imports.change_featureflag")}

    @admin.display(description="Rollout", ordering="flag")
    def name(self, obj: Rollout) -> str:
        return str(obj)

    @admin.display(description="State", ordering="state")
    def state_badge(self, obj: Rollout) -> SafeString:
        return badge(obj)

    @admin.display(description="Started", ordering="started_at")
    def started(self, obj: Rollout) -> str:
        return cells.ago(obj.started_at)

    @admin.display(description="Ended", ordering="ended_at")
    def ended(self, obj: Rollout) -> str:
        return cells.ago(obj.ended_at)

    @admin.display(description="Why it ended")
    def why(self, obj: Rollout) -> str:
        return obj.ended_reason

    @admin.display(description="Share")
    def share(self, obj: Rollout) -> str:
        return f"{obj.percent} %"


def badge(rollout: Rollout) -> SafeString:
    """Give the state of a rollout."""
    return cells.badge(rollout.state, TONES[State(rollout.state)])


def words(rollout: Rollout) -> str:
    """Say where a rollout stands."""
    if rollout.is_running:
        goes_on = (
            f"Then it goes on to {rollout.next_percent} %."
            if rollout.next_percent
            else f"Then {rollout.candidate} is the value of the flag."
        )
        return (
            f"Running: {rollout.percent} % of the races are written with "
            f"{rollout.candidate}, the others with {rollout.control}. {goes_on}"
        )
    return f"{capfirst(rollout.state)}. {rollout.ended_reason}"


def lines(rollout: Rollout) -> list[ArmLine]:
    """Give the arms of each stage: as judged, and as they are now for the one in work."""
    stages = {
        int(stage): {name: Arm(**figures) for name, figures in arms.items()}
        for stage, arms in rollout.figures.items()
    }
    if rollout.is_running:
        stages[rollout.percent] = arms_of(rollout)
    values = {CONTROL: rollout.control, CANDIDATE: rollout.candidate}
    return [
        ArmLine(stage, name, value, stages[stage][name])
        for stage in sorted(stages)
        for name, value in values.items()
    ]
