"""Refused rows out and in again: the download of a file, the page that takes it back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from imports import conf, rejects_csv
from imports.admin.upload import (
    SeveralFilesField,
    dry_run_field,
    queue_run,
    what_happened,
)
from imports.errors import ImportsError
from imports.models import Rejection, RunFile, SourceFile
from imports.pipeline.manifest import statement_of_correction

#: A page offers the downloads of so many files or runs.
DOWNLOADS_SHOWN = 20


class CorrectionForm(forms.Form):
    """The download of refused rows, corrected."""

    # The field takes the name that its values have in the request.
    files = SeveralFilesField(  # type: ignore[assignment]
        label="Corrected rows",
        help_text="The CSV that you downloaded here, with its columns that begin with "
        "reject_. Rows that you take out stay refused.",
        error_messages={"required": "Choose the file with the corrected rows."},
    )
    dry_run = dry_run_field()


def with_rejects(run_files: QuerySet[RunFile]) -> QuerySet[RunFile]:
    """Keep the files that have refused rows; annotate how many are kept, corrected."""
    of_file = Rejection.objects.filter(
        run=OuterRef("run"), source_file=OuterRef("source_file")
    )
    return run_files.filter(rows_rejected__gt=0).annotate(
        rejects_kept=_count(of_file), rejects_corrected=_count(of_file, is_in=True)
    )


def _count(rejections: QuerySet[Rejection], *, is_in: bool = False) -> Coalesce:
    chosen = Q(corrected_by__isnull=False) if is_in else Q()
    grouped = rejections.filter(chosen).order_by().values("run")
    return Coalesce(Subquery(grouped.annotate(number=Count("pk")).values("number")), 0)


def download_view(
    request: HttpRequest, run_id: int, file_id: int
) -> StreamingHttpResponse:
    """Send the refused rows of a file in a run."""
    if not request.user.has_perm("imports.view_rejection"):
        raise PermissionDenied
    files = RunFile.objects.filter(run=run_id, source_file=file_id)
    # The same bytes can stand twice in a run: the first is the one that was read.
    file = files.order_by("-rows_rejected", "number").first()
    return rejects_csv.response(file or get_object_or_404(files))


def correction_view(
    request: HttpRequest, file: SourceFile, *, context: dict[str, Any]
) -> HttpResponse:
    """Show the form for a file; take the corrected rows in and go to their run."""
    if not request.user.has_perm("imports.add_sourcefile"):
        raise PermissionDenied
    is_brought = request.method == "POST"
    form = CorrectionForm(
        request.POST if is_brought else None,
        request.FILES if is_brought else None,
        label_suffix="",
    )
    if is_brought and form.is_valid():
        statement = statement_of_correction(file, by=request.user)  # type: ignore[arg-type]
        try:
            run = queue_run(
                request,
                form.cleaned_data["files"],
                statement=statement,
                dry_run=form.cleaned_data["dry_run"],
            )
        except ImportsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, what_happened(run))
            return redirect("admin:imports_importrun_change", run.pk)
    run_files = RunFile.objects.filter(source_file=file).order_by("-run_id")
    return render(
        request,
        "admin/imports/sourcefile/correct.html",
        {
            **context,
            "title": f"Bring corrected rows of {file.name}",
            "opts": SourceFile._meta,
            "original": file,
            "form": form,
            "rejects": with_rejects(run_files)[:DOWNLOADS_SHOWN],
            "can_download": request.user.has_perm("imports.view_rejection"),
            "max_bytes": conf.get("MAX_FILE_BYTES"),
        },
    )
