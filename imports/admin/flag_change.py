"""Every change of a flag that was ever made; read only, as the table is."""

from django.contrib import admin

from imports.models import FlagChange
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(FlagChange)
class FlagChangeAdmin(PageAdmin):
    list_display = ["when", "flag", "what", "before", "after", "by_whom", "reason"]
    list_filter = ["flag", "kind", "changed_at"]
    search_fields = ["reason", "who"]
    search_help_text = "Who or why"
    ordering = ["-pk"]
    empty_hint = "No flag was changed yet."

    def facts(self, obj: FlagChange) -> list[Fact]:
        return [
            ("Flag", obj.flag),
            ("What", self.what(obj)),
            ("From", obj.before),
            ("To", obj.after),
            ("When", obj.changed_at),
            ("Who", self.by_whom(obj)),
            ("Why", obj.reason),
        ]

    @admin.display(description="When", ordering="changed_at")
    def when(self, obj: FlagChange) -> str:
        return cells.moment(obj.changed_at)

    @admin.display(description="What", ordering="kind")
    def what(self, obj: FlagChange) -> str:
        return obj.kind

    @admin.display(description="Who", ordering="who")
    def by_whom(self, obj: FlagChange) -> str:
        return obj.who or "the system"
