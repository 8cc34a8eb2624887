"""Runs: what came in, what became of it, and how it goes while it goes."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from imports import actions
from imports.admin import plan
from imports.admin.badges import run_badge
from imports.admin.revert import outcome_context, revert_view
from imports.admin.run_page import run_facts, run_tables
from imports.errors import ImportsError
from imports.models import ImportRun, RunFile
from imports.pipeline.resume import is_anything_left, is_pausable
from imports.pipeline.revert.runs import is_revertable
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin


@admin.register(ImportRun)
class ImportRunAdmin(PageAdmin):
    change_list_template = "admin/imports/importrun/list.html"
    change_form_template = "admin/imports/importrun/page.html"
    list_display = [
        "title",
        "state_badge",
        "who",
        "source",
        "file_count",
        "race_count",
        "inserted_count",
        "updated_count",
        "unchanged_count",
        "rejected_count",
        "conflict_count",
        "started",
        "duration_count",
    ]
    list_filter = ["state", "is_paused", "trigger", "source", "created_at"]
    search_fields = ["=id", "files__name", "source", "requested_by__username"]
    search_help_text = "Run number, file name, source or user"
    list_select_related = ["requested_by"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
    actions = [
        "pause_runs",
        "continue_runs",
        "cancel_runs",
        "retry_races",
        "revert_run",
    ]
    list_per_page = 50
    empty_hint = "No run yet. Upload files, or run manage.py ingest_races on a folder."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        files = RunFile.objects.filter(run=OuterRef("pk")).order_by().values("run")
        counted = files.annotate(number=Count("pk")).values("number")
        runs = ImportRun.objects.with_race_counts()
        return (
            runs.select_related("requested_by")
            .annotate(file_total=Subquery(counted))
            .order_by(*self.ordering)
        )

    def get_urls(self) -> list[URLPattern]:
        decided = [
            path(
                f"<int:run_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"imports_importrun_{name}",
            )
            for name, view in (("confirm", self.confirm), ("discard", self.discard))
        ]
        revert = path(
            "<int:pk>/revert/",
            self.admin_site.admin_view(self.revert),
            name="imports_importrun_revert",
        )
        return [*decided, revert, *super().get_urls()]

    def revert(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what a revert of the run would do; start it when confirmed."""
        return revert_view(request, pk, context=self.admin_site.each_context(request))

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Whether the user may end runs and go on with them: who may change them."""
        return bool(request.user.has_perm("imports.change_importrun"))

    def confirm(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Let a plan be written just as it is."""
        return plan.confirm_view(request, get_object_or_404(ImportRun, pk=run_id))

    def discard(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Drop a plan."""
        return plan.discard_view(request, get_object_or_404(ImportRun, pk=run_id))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        if kwargs["obj"].is_plan:
            # A page of its own: nothing happens there before a person decides.
            response.template_name = "admin/imports/importrun/plan.html"  # type: ignore[attr-defined]
        return response

    def facts(self, obj: ImportRun) -> list[Fact]:
        return plan.plan_facts(obj) if obj.is_plan else run_facts(obj)

    def page_context(self, request: HttpRequest, obj: ImportRun) -> dict[str, Any]:
        return {
            **run_tables(obj),
            **(plan.plan_tables(obj) if obj.is_plan else {}),
            "title": f"Run {obj.pk}",
            "can_cancel": self.has_cancel_permission(request) and not obj.is_final,
            "can_pause": self.has_cancel_permission(request) and is_pausable(obj),
            "can_continue": self.has_cancel_permission(request) and obj.is_held_up,
            "can_retry": self.has_cancel_permission(request)
            and obj.is_final
            and is_anything_left(obj),
            "can_download": request.user.has_perm("imports.view_rejection"),
            "can_revert": self.has_cancel_permission(request) and is_revertable(obj),
            **outcome_context(obj),
            "can_import": request.user.has_perm("imports.add_sourcefile"),
        }

    @admin.display(description="Run", ordering="pk")
    def title(self, run: ImportRun) -> str:
        return f"Run {run.pk}"

    @admin.display(description="State", ordering="state")
    def state_badge(self, run: ImportRun) -> str:
        return run_badge(run)

    @admin.display(description="By", ordering="trigger")
    def who(self, run: ImportRun) -> str:
        user = run.requested_by
        return f"{user.get_username()}, {run.trigger}" if user else run.trigger

    @admin.display(description="Files", ordering="file_total")
    def file_count(self, run: Any) -> str:
        return cells.count(run.file_total or 0)

    @admin.display(description="Races", ordering="race_total")
    def race_count(self, run: Any) -> str:
        if not run.race_total and not run.is_final:
            return cells.UNKNOWN
        done = f"{run.race_done:,} of {run.race_total:,}"
        if not run.race_failed:
            return done
        return format_html(
            '{} <span class="failed">{} failed</span>',
            done,
            cells.count(run.race_failed),
        )

    @admin.display(description="New", ordering="rows__inserted")
    def inserted_count(self, run: ImportRun) -> str:
        return cells.count(_written(run, "inserted"))

    @admin.display(description="Changed", ordering="rows__updated")
    def updated_count(self, run: ImportRun) -> str:
        return cells.count(_written(run, "updated"))

    @admin.display(description="Same", ordering="rows__unchanged")
    def unchanged_count(self, run: ImportRun) -> str:
        return cells.count(_written(run, "unchanged"))

    @admin.display(description="Rejected", ordering="rows__rejected")
    def rejected_count(self, run: ImportRun) -> str:
        return cells.count(run.rows.get("rejected"))

    @admin.display(description="Conflicts", ordering="conflicts")
    def conflict_count(self, run: ImportRun) -> str:
        return cells.count(run.conflicts if run.is_final else None)

    @admin.display(description="Started", ordering="started_at")
    def started(self, run: ImportRun) -> str:
        return cells.ago(run.started_at)

    @admin.display(description="Took", ordering=F("finished_at") - F("started_at"))
    def duration_count(self, run: ImportRun) -> str:
        return cells.duration(None if run.is_plan else run.duration)

    @admin.action(description="Cancel runs that are not over", permissions=["cancel"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet) -> None:
        chosen = queryset.count()
        asked = actions.cancel_runs(queryset, by=request.user)  # type: ignore[arg-type]
        if asked:
            self.message_user(
                request,
                f"Asked {_runs(asked)} to stop. Races in work finish; what is "
                "committed stays.",
                messages.SUCCESS,
            )
        if left := chosen - asked:
            self.message_user(request, f"{_runs(left)} already over.", messages.WARNING)

    @admin.action(
        description="Pause runs after the races in work", permissions=["cancel"]
    )
    def pause_runs(self, request: HttpRequest, queryset: QuerySet) -> None:
        done = self._each(request, queryset, actions.pause_run)
        if done:
            self.message_user(
                request,
                f"Paused {_runs(done)}. Races and files in work finish; nothing else "
                "is begun until you continue.",
                messages.SUCCESS,
            )

    @admin.action(description="Continue paused runs", permissions=["cancel"])
    def continue_runs(self, request: HttpRequest, queryset: QuerySet) -> None:
        done = self._each(request, queryset, actions.continue_run)
        if done:
            self.message_user(
                request,
                f"{_runs(done)} {'goes' if done == 1 else 'go'} on; a worker is rung for.",
                messages.SUCCESS,
            )

    def _each(
        self, request: HttpRequest, queryset: QuerySet, act: Callable[..., None]
    ) -> int:
        """Act on each run, say which cannot be and why; give how many could."""
        done = 0
        for run in queryset.order_by("pk"):
            try:
                act(run, by=request.user)
                done += 1
            except ImportsError as error:
                self.message_user(request, str(error), messages.WARNING)
        return done

    @admin.action(description="Revert a run…", permissions=["cancel"])
    def revert_run(
        self, request: HttpRequest, queryset: QuerySet
    ) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) == 1:
            return redirect("admin:imports_importrun_revert", chosen[0].pk)
        self.message_user(
            request,
            "Choose one run to revert: what stays of one depends on the others.",
            messages.WARNING,
        )
        return None

    @admin.action(description="Retry failed races", permissions=["cancel"])
    def retry_races(self, request: HttpRequest, queryset: QuerySet) -> None:
        runs = races = 0
        for run in queryset.order_by("pk"):
            try:
                races += actions.resume_run(run, by=request.user, in_queue=True)  # type: ignore[arg-type]
                runs += 1
            except ImportsError as error:
                self.message_user(request, str(error), messages.WARNING)
        if runs:
            self.message_user(
                request,
                f"{cells.count(races)} {'race waits' if races == 1 else 'races wait'} "
                f"again, of {_runs(runs)}. What is in is left as it is.",
                messages.SUCCESS,
            )


def _written(run: ImportRun, outcome: str) -> int | None:
    """Give how many rows had an outcome; a plan's are none yet."""
    return run.rows.get(outcome) if run.is_final else None


def _runs(number: int) -> str:
    return f"{number:,} run" if number == 1 else f"{number:,} runs"
