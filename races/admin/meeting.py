"""Meetings, and the races of each."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest

from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact
from races.admin.versioned_page import VersionedPageAdmin, attribute_facts
from races.models import Meeting


@admin.register(Meeting)
class MeetingAdmin(VersionedPageAdmin):
    change_form_template = "admin/races/meeting/page.html"
    list_display = [
        "title",
        "year",
        "round_number",
        "start_date",
        "venue",
        "discipline",
        "race_count",
        "source",
    ]
    list_filter = ["source", "season", "discipline", "country"]
    search_fields = ["name", "key", "venue__name"]
    list_select_related = ["venue"]
    date_hierarchy = "start_date"
    ordering = [F("start_date").desc(nulls_last=True), "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Meeting]:
        meetings: QuerySet[Meeting] = super().get_queryset(request)
        return meetings.select_related("venue").annotate(race_total=Count("races"))

    def facts(self, obj: Meeting) -> list[Fact]:
        return [
            ("Season", self.year(obj)),
            ("Round", obj.round),
            ("Date", obj.start_date),
            ("Venue", cells.link(obj.venue)),
            ("Country", obj.country or (obj.venue and obj.venue.country)),
            ("Timezone", obj.timezone),
            ("Discipline", obj.discipline),
            ("Status", obj.status),
            ("Source", obj.source),
            ("Key", obj.key),
            *attribute_facts(obj),
        ]

    def tables(self, obj: Meeting) -> dict[str, Any]:
        races = obj.races.annotate(entrant_total=Count("entrants"))
        in_order = races.order_by(F("scheduled_start").asc(nulls_last=True), "pk")
        return {"races": list(in_order)}

    @admin.display(description="Meeting", ordering="name")
    def title(self, meeting: Meeting) -> str:
        return meeting.name or meeting.key

    @admin.display(description="Season", ordering="season")
    def year(self, meeting: Meeting) -> str:
        return str(meeting.season or cells.UNKNOWN)

    @admin.display(description="Round", ordering="round")
    def round_number(self, meeting: Meeting) -> str:
        return cells.count(meeting.round)

    @admin.display(description="Races", ordering="race_total")
    def race_count(self, meeting: Any) -> str:
        return cells.count(meeting.race_total)
