"""The page that shows what a revert of a run would do, and starts it when confirmed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from imports import actions, revert_report
from imports.errors import ImportsError
from imports.models import ImportRun
from imports.pipeline.revert.preview import Outcome, outcome_of, preview
from imports.pipeline.revert.rows import Fate

#: Rows that stay, on one page of the preview and on the page of a revert.
STAYS_A_PAGE = 50
STAYS_SHOWN = 20


def revert_view(
    request: HttpRequest, pk: int, *, context: dict[str, Any]
) -> HttpResponse:
    """Show what would go back and what stays; with POST, queue the revert."""
    if not request.user.has_perm("imports.change_importrun"):
        raise PermissionDenied
    run = get_object_or_404(ImportRun, pk=pk)
    try:
        if request.method == "POST":
            revert = actions.start_revert(
                run,
                trigger=ImportRun.Trigger.ADMIN,
                by=request.user,  # type: ignore[arg-type]
                in_queue=True,
            )
            messages.success(request, _queued(run, revert))
            return redirect("admin:imports_importrun_change", revert.pk)
        outcome = preview(run)
    except ImportsError as error:
        messages.warning(request, str(error))
        return redirect("admin:imports_importrun_change", run.pk)
    return render(
        request,
        "admin/imports/importrun/revert.html",
        {**context, **_page(request, run, outcome)},
    )


def outcome_context(run: ImportRun) -> dict[str, Any]:
    """Give what the page of a revert says of the rows that went back and that stay."""
    if run.kind != ImportRun.Kind.REVERT or not run.is_final:
        return {}
    outcome = outcome_of(run)
    return {
        "outcome": outcome,
        "outcome_summary": revert_report.summary(outcome),
        "stays": outcome.stays[:STAYS_SHOWN],
    }


def _page(request: HttpRequest, run: ImportRun, outcome: Outcome) -> dict[str, Any]:
    fates = [
        (words, outcome.fates[fate], outcome.laps[fate])
        for fate, words in revert_report.WORDS.items()
    ]
    pages = Paginator(outcome.stays, STAYS_A_PAGE)
    return {
        "title": f"Revert run {run.pk}",
        "opts": ImportRun._meta,
        "run": run,
        "outcome": outcome,
        "summary": revert_report.summary(outcome),
        "fates": fates,
        "unnamed": outcome.fates[Fate.STAYS] - len(outcome.stays),
        "stays": pages.get_page(request.GET.get("page")),
    }


def _queued(run: ImportRun, revert: ImportRun) -> str:
    return (
        f"Run {revert.pk} is queued: make worker works it. It reverts run {run.pk}, "
        "and can itself be reverted."
    )
