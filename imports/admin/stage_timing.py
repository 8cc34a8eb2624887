"""Timings: one page of measures where other models have a list of rows."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from imports.admin.timings import timings_context
from imports.models import StageTiming
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(StageTiming)
class StageTimingAdmin(PageAdmin):
    """What runs took, for who may look at runs."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("imports.view_importrun"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Timings",
            "opts": self.opts,
            **timings_context(request),
            **(extra_context or {}),
        }
        return render(request, "admin/imports/stagetiming/page.html", context)

    def facts(self, obj: StageTiming) -> list[Fact]:
        return [
            ("Run", cells.link(obj.run)),
            ("Stage", obj.stage),
            ("File", obj.subject),
            ("Began", obj.started_at),
            ("Took", cells.duration(obj.seconds)),
            ("Rows", obj.rows),
            ("Size", cells.size(obj.size_bytes) if obj.size_bytes else None),
        ]
