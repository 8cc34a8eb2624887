"""Races of runs: what became of each, and how long it took."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from imports.admin.badges import race_badge
from imports.admin.filters import RunFilter
from imports.admin.plan import plan_view
from imports.models import COUNTS, RaceCheckpoint
from ingestion_site.lib import cells
from ingestion_site.lib.pagination import EstimatingPaginator
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(RaceCheckpoint)
class RaceCheckpointAdmin(PageAdmin):
    list_display = [
        "title",
        "run_link",
        "state_badge",
        "attempt_count",
        "laps_count",
        "inserted_count",
        "updated_count",
        "unchanged_count",
        "conflict_count",
        "write_ms_shown",
        "total_ms_shown",
        "error",
    ]
    list_filter = ["state", RunFilter, "is_retryable", "error_code"]
    search_fields = ["meeting_key", "race_key", "race__meeting__name", "error_code"]
    list_select_related = ["run", "race__meeting"]
    ordering = ["-run_id", "number"]
    paginator = EstimatingPaginator
    show_full_result_count = False
    empty_hint = "No race yet. Each race of a run has a line here."

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("run", "race__meeting")

    def get_urls(self) -> list[URLPattern]:
        planned = path(
            "<int:row_id>/plan/",
            self.admin_site.admin_view(self.plan),
            name="imports_racecheckpoint_plan",
        )
        return [planned, *super().get_urls()]

    def plan(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Show what a run that is planned would do to a race."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = RaceCheckpoint.objects.select_related("run")
        row = get_object_or_404(rows, pk=row_id)
        return plan_view(request, row, context=self.admin_site.each_context(request))

    def facts(self, obj: RaceCheckpoint) -> list[Fact]:
        rows, laps = obj.row_counts, obj.lap_counts
        return [
            ("State", race_badge(obj)),
            ("Run", cells.link(obj.run)),
            ("Race", cells.link(obj.race)),
            ("Source", obj.source),
            ("Key", f"{obj.meeting_key}/{obj.race_key}"),
            ("Attempts", obj.attempts),
            ("Error", obj.error_code),
            ("Message", obj.message),
            ("Can be tried again", obj.is_retryable if obj.error_code else None),
            ("Lane", obj.owner),
            ("Claimed", obj.claimed_at),
            ("Lease until", obj.lease_until),
            ("Finished", obj.finished_at),
            ("Fetch", cells.milliseconds(obj.fetch_ms)),
            ("Transform", cells.milliseconds(obj.transform_ms)),
            ("Write", cells.milliseconds(obj.write_ms)),
            ("Total", cells.milliseconds(obj.total_ms)),
            ("Queries", obj.queries),
            ("Connections of lanes", obj.connections),
            ("Laps staged", obj.laps_staged),
            ("Conflicts", obj.conflicts),
            *((f"Rows {name}", getattr(rows, name)) for name in COUNTS),
            *((f"Laps {name}", getattr(laps, name)) for name in COUNTS),
        ]

    @admin.display(description="Race", ordering="number")
    def title(self, row: RaceCheckpoint) -> str:
        return str(row.race) if row.race else f"{row.meeting_key}/{row.race_key}"

    @admin.display(description="Run", ordering="run")
    def run_link(self, row: RaceCheckpoint) -> str:
        return cells.link(row.run, f"Run {row.run_id}")

    @admin.display(description="State", ordering="state")
    def state_badge(self, row: RaceCheckpoint) -> str:
        return race_badge(row)

    @admin.display(description="Attempts", ordering="attempts")
    def attempt_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.attempts)

    @admin.display(description="Laps staged", ordering="laps_staged")
    def laps_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.laps_staged)

    @admin.display(description="Inserted")
    def inserted_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.rows.get("inserted"))

    @admin.display(description="Updated")
    def updated_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.rows.get("updated"))

    @admin.display(description="Unchanged")
    def unchanged_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.rows.get("unchanged"))

    @admin.display(description="Conflicts", ordering="conflicts")
    def conflict_count(self, row: RaceCheckpoint) -> str:
        return cells.count(row.conflicts)

    @admin.display(description="Write", ordering="write_ms")
    def write_ms_shown(self, row: RaceCheckpoint) -> str:
        return cells.milliseconds(row.write_ms)

    @admin.display(description="Total", ordering="total_ms")
    def total_ms_shown(self, row: RaceCheckpoint) -> str:
        return cells.milliseconds(row.total_ms)

    @admin.display(description="Error", empty_value=cells.UNKNOWN)
    def error(self, row: RaceCheckpoint) -> str | None:
        return f"{row.message} ({row.error_code})" if row.error_code else None
