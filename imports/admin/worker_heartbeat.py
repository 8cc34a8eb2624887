"""Workers: which clusters there are, and when each last gave a sign of life."""

from django.contrib import admin
from django.db.models import F
from django.utils import timezone
from django.utils.safestring import SafeString

from imports import conf
from imports.models import WorkerHeartbeat
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

State = WorkerHeartbeat.State
TONES = {
    State.STARTING: "busy",
    State.WORKING: "good",
    State.STOPPING: "busy",
    State.STOPPED: "idle",
}


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(PageAdmin):
    list_display = [
        "name",
        "state_badge",
        "pid_shown",
        "started",
        "beat",
        "restart_count",
        "why",
    ]
    list_filter = ["state", "host"]
    ordering = [F("seen_at").desc(), "-pk"]
    empty_hint = "No worker yet. Start one with make worker."

    def facts(self, obj: WorkerHeartbeat) -> list[Fact]:
        return [
            ("State", self.state_badge(obj)),
            ("Host", obj.host),
            ("Main process", self.pid_shown(obj)),
            ("Started", obj.started_at),
            ("Last sign of life of its tasks", obj.beat_at),
            ("Last sign of life of its watchdog", obj.seen_at),
            ("Started again", self.restart_count(obj)),
            ("Why the last time", obj.message),
        ]

    @admin.display(description="State", ordering="state")
    def state_badge(self, row: WorkerHeartbeat) -> SafeString:
        """Give the state; a watchdog that is silent itself is gone."""
        silent = (timezone.now() - row.seen_at).total_seconds()
        if row.state != State.STOPPED and silent > conf.get("WATCHDOG_SECONDS"):
            return cells.badge(f"gone ({row.state})", "bad")
        return cells.badge(row.state, TONES[State(row.state)])

    @admin.display(description="Process", ordering="pid")
    def pid_shown(self, row: WorkerHeartbeat) -> str:
        return cells.UNKNOWN if row.pid is None else str(row.pid)

    @admin.display(description="Started", ordering="started_at")
    def started(self, row: WorkerHeartbeat) -> str:
        return cells.ago(row.started_at)

    @admin.display(description="Last sign of life", ordering="beat_at")
    def beat(self, row: WorkerHeartbeat) -> str:
        return cells.ago(row.beat_at)

    @admin.display(description="Started again", ordering="restarts")
    def restart_count(self, row: WorkerHeartbeat) -> str:
        return cells.count(row.restarts)

    @admin.display(description="Why the last time")
    def why(self, row: WorkerHeartbeat) -> str:
        return row.message
