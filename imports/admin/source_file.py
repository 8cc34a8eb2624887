"""Source files: what was taken in, when and by whom, and the door to bring more."""

from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from imports import actions
from imports.actions import Order, Registered
from imports.admin.rejected_rows import (
    DOWNLOADS_SHOWN,
    correction_view,
    with_rejects,
)
from imports.admin.upload import upload_view, what_comes
from imports.errors import ImportsError
from imports.models import ImportRun, SourceFile
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

#: The page of a file names so many of the runs that it was in.
RUNS_SHOWN = 50


@admin.register(SourceFile)
class SourceFileAdmin(PageAdmin):
    change_list_template = "admin/imports/sourcefile/list.html"
    change_form_template = "admin/imports/sourcefile/page.html"
    list_display = [
        "name",
        "source",
        "state_badge",
        "layout",
        "size_count",
        "priority_count",
        "observed",
        "registered",
        "registered_by",
        "short_sha256",
    ]
    list_filter = ["source", "layout", "kind", "is_complete", "registered_at"]
    search_fields = ["name", "sha256", "source"]
    search_help_text = "File name, sha256 or source"
    list_select_related = ["registered_by"]
    date_hierarchy = "registered_at"
    ordering = ["-registered_at", "-pk"]
    actions = ["import_again", "plan_again"]
    empty_hint = "No file yet. Upload the first ones with the button above."

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceFile]:
        files: QuerySet[SourceFile] = super().get_queryset(request)
        return files.select_related("registered_by")

    def get_urls(self) -> list[URLPattern]:
        upload = path(
            "upload/",
            self.admin_site.admin_view(self.upload),
            name="imports_sourcefile_upload",
        )
        correct = path(
            "<int:file_id>/correct/",
            self.admin_site.admin_view(self.correct),
            name="imports_sourcefile_correct",
        )
        return [upload, correct, *super().get_urls()]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whether the user may bring files, and have them read again."""
        return bool(request.user.has_perm("imports.add_sourcefile"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {
                "can_upload": self.has_import_permission(request),
                **(extra_context or {}),
            },
        )

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take files from a form and start a run of them."""
        return upload_view(request, context=self.admin_site.each_context(request))

    def correct(self, request: HttpRequest, file_id: int) -> HttpResponse:
        """Take the corrected rows of a file from a form and start a run of them."""
        file = get_object_or_404(SourceFile, pk=file_id)
        return correction_view(
            request, file, context=self.admin_site.each_context(request)
        )

    def facts(self, obj: SourceFile) -> list[Fact]:
        return [
            ("State", _badge(obj)),
            ("Source", obj.source),
            ("Layout", obj.layout),
            ("Size", f"{cells.size(obj.size_bytes)} ({obj.size_bytes:,} bytes)"),
            ("Priority", obj.priority),
            ("Observed at", obj.observed_at),
            ("Complete for its races", obj.is_complete),
            ("Corrects", cells.link(obj.corrects)),
            ("Corrected by", _corrections(obj)),
            ("Registered", obj.registered_at),
            ("Registered by", obj.registered_by and str(obj.registered_by)),
            ("First imported", obj.imported_at),
            ("Version", str(obj.version)),
            ("sha256", obj.sha256),
        ]

    def page_context(self, request: HttpRequest, obj: SourceFile) -> dict[str, Any]:
        runs = obj.run_files.select_related("run").order_by("-run_id")
        return {
            "title": obj.name,
            "run_files": runs[:RUNS_SHOWN],
            "rejects": with_rejects(runs)[:DOWNLOADS_SHOWN],
            "can_download": request.user.has_perm("imports.view_rejection"),
            "can_import": self.has_import_permission(request),
        }

    @admin.display(description="State", ordering="imported_at")
    def state_badge(self, file: SourceFile) -> str:
        return _badge(file)

    @admin.display(description="Size", ordering="size_bytes")
    def size_count(self, file: SourceFile) -> str:
        return cells.size(file.size_bytes)

    @admin.display(description="Priority", ordering="priority")
    def priority_count(self, file: SourceFile) -> str:
        return cells.count(file.priority)

    @admin.display(description="Observed at", ordering="observed_at")
    def observed(self, file: SourceFile) -> str:
        return cells.moment(file.observed_at)

    @admin.display(description="Registered", ordering="registered_at")
    def registered(self, file: SourceFile) -> str:
        return cells.ago(file.registered_at)

    @admin.display(description="sha256", ordering="sha256")
    def short_sha256(self, file: SourceFile) -> str:
        return file.sha256[:12]

    @admin.action(description="Import again", permissions=["import"])
    def import_again(
        self, request: HttpRequest, queryset: QuerySet
    ) -> HttpResponse | None:
        return self._start_again(request, queryset)

    @admin.action(
        description="Show what importing again would change", permissions=["import"]
    )
    def plan_again(
        self, request: HttpRequest, queryset: QuerySet
    ) -> HttpResponse | None:
        return self._start_again(request, queryset, dry_run=True)

    def _start_again(
        self, request: HttpRequest, queryset: QuerySet, *, dry_run: bool = False
    ) -> HttpResponse | None:
        runs = []
        files = sorted(queryset, key=lambda file: (file.source, file.pk))
        for source, of_source in groupby(files, key=lambda file: str(file.source)):
            try:
                runs.append(_queue_again(list(of_source), request, dry_run=dry_run))
            except ImportsError as error:
                self.message_user(request, f"{source}: {error}", messages.ERROR)
        for run in runs:
            self.message_user(request, what_comes(run), messages.SUCCESS)
        if len(runs) != 1:
            return None
        return redirect("admin:imports_importrun_change", runs[0].pk)


def _corrections(file: SourceFile) -> str | None:
    """Give links to the files that brought refused rows of this one again."""
    files = file.corrections.order_by("pk")[:RUNS_SHOWN]
    links = ((cells.link(one, one.name),) for one in files)
    return format_html_join(", ", "{}", links) or None


def _queue_again(
    files: list[SourceFile], request: HttpRequest, *, dry_run: bool
) -> ImportRun:
    return actions.start_run(
        [Registered(file=file, name=file.name) for file in files],
        order=Order(
            trigger=ImportRun.Trigger.ADMIN,
            by=request.user,  # type: ignore[arg-type]
            force=True,
            dry_run=dry_run,
        ),
        in_queue=True,
    )


def _badge(file: SourceFile) -> str:
    if file.imported_at:
        return cells.badge("imported", "good")
    return cells.badge("not imported", "idle")
