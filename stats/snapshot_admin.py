"""Snapshots to look at: which there are, and each with its document as tables."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin
from stats.models import StatSnapshot
from stats.snapshot_tables import as_json, facts_of, tables_of


@admin.register(StatSnapshot)
class StatSnapshotAdmin(PageAdmin):
    change_form_template = "admin/stats/statsnapshot/page.html"
    list_display = ["scope", "stats_type", "version_number", "written"]
    list_filter = ["stats_type"]
    search_fields = ["scope", "stats_type"]
    ordering = ["scope", "stats_type"]
    empty_hint = "No snapshot yet. manage.py stats_snapshots writes them, from cron."

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatSnapshot]:
        snapshots: QuerySet[StatSnapshot] = super().get_queryset(request)
        match = request.resolver_match
        is_list = (
            match is not None and match.url_name == "stats_statsnapshot_changelist"
        )
        # Documents may be large, and the list shows none.
        return snapshots.defer("data") if is_list else snapshots

    def facts(self, obj: StatSnapshot) -> list[Fact]:
        return [
            ("Scope", obj.scope),
            ("Type", obj.stats_type),
            ("Version", obj.version),
            ("Written", obj.fetched_at),
            *facts_of(obj.data),
        ]

    def page_context(self, request: HttpRequest, obj: StatSnapshot) -> dict[str, Any]:
        text, is_cut = as_json(obj.data)
        return {"tables": tables_of(obj.data), "text": text, "is_cut": is_cut}

    @admin.display(description="Version", ordering="version")
    def version_number(self, snapshot: StatSnapshot) -> str:
        return cells.count(snapshot.version)

    @admin.display(description="Written", ordering="fetched_at")
    def written(self, snapshot: StatSnapshot) -> str:
        return cells.ago(snapshot.fetched_at)
