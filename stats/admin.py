"""The list of races with the number of their warnings, and filtered by them."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from ingestion_site.lib import cells
from races.admin import RaceAdmin
from races.models import Race
from stats import snapshot_admin  # noqa: F401  it registers its pages
from stats.models import RaceWarning


class WarningFilter(admin.SimpleListFilter):
    """Races with any warning, with none, or with one of a kind."""

    title = "warnings"
    parameter_name = "warnings"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "Any"), ("none", "None"), *RaceWarning.Code.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        chosen = self.value()
        if chosen == "any":
            return queryset.filter(stats__warning_count__gt=0)
        if chosen == "none":
            return queryset.filter(stats__warning_count=0)
        if chosen in RaceWarning.Code.values:
            return queryset.filter(warnings__code=chosen)
        return None


class RaceWithWarningsAdmin(RaceAdmin):
    list_display = [*RaceAdmin.list_display, "warning_count"]
    list_filter = [WarningFilter, *RaceAdmin.list_filter]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Race]:
        races = super().get_queryset(request)
        return races.annotate(warning_total=F("stats__warning_count"))

    @admin.display(description="Warnings", ordering="warning_total")
    def warning_count(self, race: Any) -> str:
        number = cells.count(race.warning_total)
        return cells.badge(number, "warn") if race.warning_total else number


# In its place: unregistered and registered again, races would stand last in the menu.
admin.site._registry[Race] = RaceWithWarningsAdmin(Race, admin.site)
