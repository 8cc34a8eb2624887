"""Every change of a flag that was ever made; read only, as the table is."""

from django.contrib import admin

from imports.models import FlagChange
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(FlagChange)
class FlagChangeAdmin(PageAdmin):
    list_display = ["changed_at", "flag", "kind", "before", "after", "who", "reason"]
    list_filter = ["flag", "kind", "changed_at"]
    search_fields = ["reason", "who"]
    search_help_text = "Who or why"
    ordering = ["-pk"]
    empty_hint = "No flag was changed yet."

    def facts(self, obj: FlagChange) -> list[Fact]:
        return [
            ("Flag", obj.flag),
            ("What", obj.get_kind_display()),
            ("From", obj.before),
            ("To", obj.after),
            ("When", obj.changed_at),
            ("Who", obj.who or "the system"),
            ("Why", obj.reason),
        ]
