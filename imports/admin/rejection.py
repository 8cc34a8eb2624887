"""Rows that were refused, with the reason and what the file says."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from imports.admin.filters import RunFilter
from imports.models import Rejection
from ingestion_site.lib import cells
from ingestion_site.lib.pagination import EstimatingPaginator
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

#: Of a cell of the original row, a list shows so much.
CELL_CHARS = 40


@admin.register(Rejection)
class RejectionAdmin(PageAdmin):
    list_display = [
        "row_count",
        "file_name",
        "run_link",
        "column",
        "code",
        "message",
        "original_row",
    ]
    list_filter = [RunFilter, "code"]
    search_fields = ["message", "column", "source_file__name"]
    list_select_related = ["run", "source_file"]
    ordering = ["-run_id", "source_file_id", "row_number", "pk"]
    paginator = EstimatingPaginator
    show_full_result_count = False
    empty_hint = "No row was ever refused."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rejection]:
        rejections: QuerySet[Rejection] = super().get_queryset(request)
        return rejections.select_related("run", "source_file")

    def facts(self, obj: Rejection) -> list[Fact]:
        return [
            ("Run", cells.link(obj.run)),
            ("File", cells.link(obj.source_file, obj.source_file.name)),
            ("Row", obj.row_number),
            ("Column", obj.column),
            ("Code", obj.code),
            ("Message", obj.message),
            *((f"In the file: {name}", cell) for name, cell in obj.original.items()),
        ]

    @admin.display(description="Row", ordering="row_number")
    def row_count(self, rejection: Rejection) -> str:
        return cells.count(rejection.row_number)

    @admin.display(description="File", ordering="source_file__name")
    def file_name(self, rejection: Rejection) -> str:
        return cells.link(rejection.source_file, rejection.source_file.name)

    @admin.display(description="Run", ordering="run")
    def run_link(self, rejection: Rejection) -> str:
        return cells.link(rejection.run, f"Run {rejection.run_id}")

    @admin.display(description="In the file")
    def original_row(self, rejection: Rejection) -> str:
        return cells.pairs(short_cells(rejection))


def short_cells(rejection: Rejection) -> dict[str, str | None]:
    """Give the cells of the original row, long ones cut."""
    return {
        name: Truncator(cell).chars(CELL_CHARS) if cell else cell
        for name, cell in rejection.original.items()
    }
