"""Mappings of columns: what people said, version by version, and what is in force."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from imports import actions
from imports.admin.mapping import edit_view, map_file_view
from imports.admin.mapping_form import KINDS, WAYS
from imports.models import ColumnMapping
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(ColumnMapping)
class ColumnMappingAdmin(PageAdmin):
    change_form_template = "admin/imports/columnmapping/page.html"
    list_display = [
        "name",
        "number",
        "kind",
        "columns",
        "is_active",
        "created_at",
        "created_by",
    ]
    list_filter = ["is_active", "created_at"]
    search_fields = ["name"]
    search_help_text = "Name"
    list_select_related = ["created_by"]
    ordering = ["name", "-number"]
    empty_hint = (
        "No mapping yet. A file that no layout knows offers to map its columns on the "
        "page of its run."
    )

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[Callable[..., HttpResponse], str]] = {
            "map/<int:file_id>/<int:part>/": (self.map_file, "map"),
            "<int:pk>/edit/": (self.edit, "edit"),
            "<int:pk>/export/": (self.export, "export"),
            "<int:pk>/switch/": (require_POST(self.switch), "switch"),
        }
        own = [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"imports_columnmapping_{name}",
            )
            for route, (view, name) in views.items()
        ]
        return [*own, *super().get_urls()]

    @admin.display(description="A row is")
    def kind(self, obj: ColumnMapping) -> str:
        return str(KINDS.get(obj.spec["kind"], "?")).split(":")[0]

    @admin.display(description="Columns mapped")
    def columns(self, obj: ColumnMapping) -> str:
        mapped = {line["column"] for line in obj.spec["columns"]}
        return f"{len(mapped)} of {len(obj.spec['header'])}"

    def map_file(self, request: HttpRequest, file_id: int, part: int) -> HttpResponse:
        """Say what the columns of a table of a file are."""
        context = self.admin_site.each_context(request)
        return map_file_view(request, file_id, part, context=context)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a new version."""
        mapping = get_object_or_404(ColumnMapping, pk=pk)
        context = self.admin_site.each_context(request)
        return edit_view(request, mapping, context=context)

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the mapping as the file that `ingest_races --mapping` takes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mapping = get_object_or_404(ColumnMapping, pk=pk)
        name = f"{mapping.name}-v{mapping.number}.json"
        disposition = content_disposition_header(as_attachment=True, filename=name)
        return JsonResponse(
            mapping.spec,
            headers={"Content-Disposition": disposition},
            json_dumps_params={"indent": 2, "ensure_ascii": False},
        )

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a version in force, or out of force."""
        if not request.user.has_perm("imports.change_columnmapping"):
            raise PermissionDenied
        mapping = get_object_or_404(ColumnMapping, pk=pk)
        is_active = not mapping.is_active
        actions.switch_mapping(mapping, is_active=is_active)
        done = "in force" if is_active else "no longer in force"
        messages.success(request, f"Mapping {mapping} is {done}.")
        return redirect("admin:imports_columnmapping_change", pk)

    def facts(self, obj: ColumnMapping) -> list[Fact]:
        return [
            ("In force", obj.is_active),
            ("A row is", KINDS.get(obj.spec["kind"], obj.spec["kind"])),
            ("Version", obj.number),
            ("Made", obj.created_at),
            ("By", str(obj.created_by) if obj.created_by else "the command"),
            ("Means nothing", ", ".join(t for t in obj.spec["null_markers"] if t)),
        ]

    def page_context(self, request: HttpRequest, obj: ColumnMapping) -> dict[str, Any]:
        versions = ColumnMapping.objects.filter(name=obj.name).order_by("-number")
        return {
            "lines": [
                (column, [t for t in obj.spec["columns"] if t["column"] == column])
                for column in obj.spec["header"]
            ],
            "fixed": {what: _way(fixed) for what, fixed in obj.spec["fixed"].items()},
            "versions": versions.select_related("created_by"),
            "can_change": request.user.has_perm("imports.change_columnmapping"),
            "can_add": request.user.has_perm("imports.add_columnmapping"),
        }


def _way(fixed: dict[str, Any]) -> str:
    """Say in words where a value comes from that no column holds."""
    if "constant" in fixed:
        return f"always {fixed['constant']!r}"
    return next(text for way, text in WAYS.items() if way and fixed.get(way))
