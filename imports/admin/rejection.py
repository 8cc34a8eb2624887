"""Rows that were refused, with the reason and what the file says."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from imports.admin.filters import CorrectedFilter, RunFilter
from imports.admin.rejected_rows import DOWNLOADS_SHOWN, download_view, with_rejects
from imports.models import Rejection, RunFile
from ingestion_site.lib import cells
from ingestion_site.lib.pagination import EstimatingPaginator
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

#: Of a cell of the original row, a list shows so much.
CELL_CHARS = 40


@admin.register(Rejection)
class RejectionAdmin(PageAdmin):
    change_list_template = "admin/imports/rejection/list.html"
    list_display = [
        "row_count",
        "rejected_in",
        "rejected_for",
        "message",
        "original_row",
        "corrected",
    ]
    list_filter = [RunFilter, "code", CorrectedFilter]
    search_fields = ["message", "column", "source_file__name"]
    list_select_related = ["run", "source_file", "corrected_by"]
    ordering = ["-run_id", "source_file_id", "row_number", "pk"]
    paginator = EstimatingPaginator
    show_full_result_count = False
    empty_hint = "No row was ever refused."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rejection]:
        rejections: QuerySet[Rejection] = super().get_queryset(request)
        return rejections.select_related("run", "source_file", "corrected_by")

    def get_urls(self) -> list[URLPattern]:
        download = path(
            "download/<int:run_id>/<int:file_id>/",
            self.admin_site.admin_view(download_view),
            name="imports_rejection_download",
        )
        return [download, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = request.GET.get(RunFilter.parameter_name, "")
        # Beyond this PostgreSQL has no such number, nor a run with it.
        chosen = int(run) if run.isdecimal() and len(run) < 19 else None
        files = RunFile.objects.filter(run=chosen).order_by("number")
        context = {
            "rejects": with_rejects(files)[:DOWNLOADS_SHOWN] if chosen else [],
            "run_is_chosen": bool(run),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def facts(self, obj: Rejection) -> list[Fact]:
        return [
            ("Run", cells.link(obj.run)),
            ("File", cells.link(obj.source_file, obj.source_file.name)),
            ("Row", obj.row_number),
            ("Column", obj.column),
            ("Code", obj.code),
            ("Message", obj.message),
            ("Corrected by", cells.link(obj.corrected_by)),
            ("All of the file", _download_link(obj)),
            *((f"In the file: {name}", cell) for name, cell in obj.original.items()),
        ]

    @admin.display(description="Row", ordering="row_number")
    def row_count(self, rejection: Rejection) -> str:
        return cells.count(rejection.row_number)

    @admin.display(description="File, run", ordering="source_file__name")
    def rejected_in(self, rejection: Rejection) -> str:
        file = cells.link(rejection.source_file, rejection.source_file.name)
        run = cells.link(rejection.run, f"Run {rejection.run_id}")
        return format_html('{}<span class="line side-file">{}</span>', file, run)

    @admin.display(description="Column, code", ordering="column")
    def rejected_for(self, rejection: Rejection) -> str:
        column = rejection.column or cells.UNKNOWN
        code = rejection.code
        return format_html('{}<span class="line side-file">{}</span>', column, code)

    @admin.display(description="Corrected by", ordering="corrected_by")
    def corrected(self, rejection: Rejection) -> str:
        file = rejection.corrected_by
        return cells.link(file, file.name) if file else cells.UNKNOWN

    @admin.display(description="In the file")
    def original_row(self, rejection: Rejection) -> str:
        return cells.pairs(short_cells(rejection))


def _download_link(rejection: Rejection) -> str:
    place = [rejection.run_id, rejection.source_file_id]
    return format_html(
        '<a href="{}">Download rejected rows (CSV)</a>',
        reverse("admin:imports_rejection_download", args=place),
    )


def short_cells(rejection: Rejection) -> dict[str, str | None]:
    """Give the cells of the original row, long ones cut."""
    return {
        name: Truncator(cell).chars(CELL_CHARS) if cell else cell
        for name, cell in rejection.original.items()
    }
