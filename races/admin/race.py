"""Races: each with its entrants and a table of their laps."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest

from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact
from races.admin.lap_table import lap_table
from races.admin.versioned_page import VersionedPageAdmin, attribute_facts
from races.models import Lap, Race

#: A race with more laps than this shows them on the pages of its entrants only.
LAPS_ON_PAGE = 6_000


@admin.register(Race)
class RaceAdmin(VersionedPageAdmin):
    change_form_template = "admin/races/race/page.html"
    list_display = ["title", "meeting", "kind", "start", "entrant_count", "status"]
    list_display_links = ["title"]
    list_filter = ["meeting__source", "kind", "meeting__season"]
    search_fields = ["meeting__name", "meeting__key", "name", "key"]
    list_select_related = ["meeting"]
    date_hierarchy = "scheduled_start"
    ordering = [F("scheduled_start").desc(nulls_last=True), "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Race]:
        races: QuerySet[Race] = super().get_queryset(request)
        return races.select_related("meeting__venue").annotate(
            entrant_total=Count("entrants")
        )

    def source_of(self, obj: Race) -> str:
        return obj.meeting.source

    def facts(self, obj: Race) -> list[Fact]:
        return [
            ("Meeting", cells.link(obj.meeting)),
            ("Venue", cells.link(obj.meeting.venue)),
            ("Kind", obj.kind),
            ("Start", obj.scheduled_start),
            ("Number", obj.number),
            ("Distance", f"{obj.distance_m:,} m" if obj.distance_m else None),
            ("Scheduled laps", obj.scheduled_laps),
            ("Status", obj.status),
            ("Source", obj.meeting.source),
            ("Key", f"{obj.meeting.key}/{obj.key}"),
            *attribute_facts(obj),
        ]

    def tables(self, obj: Race) -> dict[str, Any]:
        entrants = obj.entrants.with_names().in_order_of_finish()  # type: ignore[attr-defined]
        return {"entrants": list(entrants)}

    def page_context(self, request: HttpRequest, obj: Race) -> dict[str, Any]:
        context = super().page_context(request, obj)
        laps = list(_laps(obj)[: LAPS_ON_PAGE + 1])
        is_too_long = len(laps) > LAPS_ON_PAGE
        context["versions"] |= {lap.version for lap in laps}
        return context | {
            "lap_table": lap_table([] if is_too_long else laps, context["entrants"]),
            "lap_versions": sorted({lap.version for lap in laps}),
            "is_too_long": is_too_long,
        }

    @admin.display(description="Race", ordering="name")
    def title(self, race: Race) -> str:
        return race.name or race.key

    @admin.display(description="Start (UTC)", ordering="scheduled_start")
    def start(self, race: Race) -> str:
        return cells.moment(race.scheduled_start)

    @admin.display(description="Entrants", ordering="entrant_total")
    def entrant_count(self, race: Any) -> str:
        return cells.count(race.entrant_total)


def _laps(race: Race) -> QuerySet[Lap]:
    laps = Lap.objects.filter(entrant__race=race)
    return laps.only("entrant_id", "number", "time_ms", "in_pit", "version")
