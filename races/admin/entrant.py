"""Entrants: each with its result, all its laps and its pit stops."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ingestion_site.lib import cells
from ingestion_site.lib.pagination import EstimatingPaginator
from ingestion_site.lib.read_only_admin import Fact
from races.admin.versioned_page import VersionedPageAdmin, attribute_facts
from races.models import Entrant


@admin.register(Entrant)
class EntrantAdmin(VersionedPageAdmin):
    change_form_template = "admin/races/entrant/page.html"
    list_display = [
        "display_name",
        "race",
        "number",
        "team",
        "position_number",
        "grid_number",
        "laps_count",
        "points_count",
        "status",
    ]
    list_filter = ["race__meeting__source", "race__kind", "race__meeting__season"]
    search_fields = ["name", "key", "number", "competitor__name", "race__meeting__name"]
    list_select_related = ["race__meeting", "competitor", "team"]
    ordering = ["-race_id", "position", "pk"]
    paginator = EstimatingPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entrant]:
        entrants: QuerySet[Entrant] = super().get_queryset(request)
        return entrants.select_related("race__meeting", "competitor", "team")

    def source_of(self, obj: Entrant) -> str:
        return obj.race.meeting.source

    def facts(self, obj: Entrant) -> list[Fact]:
        return [
            ("Race", cells.link(obj.race)),
            ("Competitor", cells.link(obj.competitor)),
            ("Team", cells.link(obj.team)),
            ("Number", obj.number),
            ("Position", obj.position),
            ("Grid", obj.grid),
            ("Status", obj.status),
            ("Laps in the result", obj.laps_completed),
            ("Total time", cells.lap_time(obj.total_time_ms)),
            ("Gap", obj.gap),
            ("Points", obj.points),
            ("Fastest lap in the result", cells.lap_time(obj.fastest_lap_ms)),
            ("Key", obj.key),
            *attribute_facts(obj),
        ]

    def tables(self, obj: Entrant) -> dict[str, Any]:
        return {
            "laps": list(obj.laps.order_by("number")),
            "pit_stops": list(obj.pit_stops.order_by("number")),
        }

    @admin.display(description="Position", ordering="position")
    def position_number(self, entrant: Entrant) -> str:
        return cells.count(entrant.position)

    @admin.display(description="Grid", ordering="grid")
    def grid_number(self, entrant: Entrant) -> str:
        return cells.count(entrant.grid)

    @admin.display(description="Points", ordering="points")
    def points_count(self, entrant: Entrant) -> str:
        return cells.decimal(entrant.points)

    @admin.display(description="Laps", ordering="laps_completed")
    def laps_count(self, entrant: Entrant) -> str:
        return cells.count(entrant.laps_completed)
