"""The upload page: files from a form -> the manifest -> a queued run."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from imports import actions, conf, flags
from imports.actions import Order
from imports.errors import ImportsError, IngestDisabled
from imports.models import ImportRun, RunFile, SourceFile
from imports.pipeline.manifest import PRIORITY_MAX, Statement


class SeveralFilesInput(forms.ClearableFileInput):
    """An input that takes several files at once."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or several files, each checked as a single one is."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        if isinstance(data, list | tuple) and data:
            return [super(SeveralFilesField, self).clean(one) for one in data]
        return [super().clean(data or None, initial)]


def dry_run_field() -> forms.BooleanField:
    """Give the box that asks for a plan first."""
    return forms.BooleanField(
        required=False,
        label="Show me first what would change",
        help_text="Nothing is written before you have looked at the plan, race by "
        "race, and confirmed it.",
    )


class UploadForm(forms.Form):
    """What the one who brings files says of them."""

    # The field takes the name that its values have in the request.
    files = SeveralFilesField(  # type: ignore[assignment]
        label="Files",
        help_text="One or several. What they hold is told from their content.",
        error_messages={"required": "Choose at least one file."},
    )
    source = forms.CharField(
        max_length=50,
        help_text="Whose data it is: keys are unique within a source.",
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    priority = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=PRIORITY_MAX,
        help_text="A higher priority wins over a newer file. Empty: 100, or what the "
        "file had before.",
    )
    observed_at = forms.DateTimeField(
        required=False,
        label="Observed at (UTC)",
        help_text="When the data was true: the newer file wins. Empty: now, or what "
        "the file had before.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )
    is_complete = forms.BooleanField(
        required=False,
        label="Complete for its races",
        help_text="Each file holds every row of the races in it. Rows of these races "
        "that it does not hold are removed, unless a newer file states them. Leave it "
        "empty for a part of a race.",
    )
    meeting = forms.CharField(
        required=False,
        max_length=200,
        label="Meeting",
        help_text="The key of the meeting that the files are of. Only for files that do "
        "not say it themselves, such as timing exports.",
    )
    race = forms.CharField(
        required=False,
        max_length=200,
        label="Race",
        help_text="The key of the race, for files that do not say it: race, "
        "qualifying, 1 …",
    )
    name_pattern = forms.CharField(
        required=False,
        max_length=200,
        label="Pattern of file names",
        help_text="How the names of the files say it: {meeting}_laps.csv, or "
        "{meeting}/{race}.csv for members of an archive. * stands for any text.",
    )
    max_rejected_percent = forms.FloatField(
        required=False,
        min_value=0,
        max_value=100,
        label="Refuse a file whole above",
        help_text="Per cent of its rows that are refused. Empty: the good rows of any "
        "file are taken in, and the others listed.",
    )
    force = forms.BooleanField(
        required=False,
        label="Read again what was imported before",
        help_text="Otherwise the same bytes are no work.",
    )
    dry_run = dry_run_field()


def upload_view(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show the form; take its files in, queue their run and go to its page."""
    if not request.user.has_perm("imports.add_sourcefile"):
        raise PermissionDenied
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial={"source": conf.get("DEFAULT_SOURCE")},
        label_suffix="",
    )
    if request.method == "POST" and form.is_valid():
        try:
            run = _start_run(request, form.cleaned_data)
        except ImportsError as error:
            form.add_error(error.facts.get("field"), str(error))
        else:
            messages.success(request, what_happened(run))
            return redirect("admin:imports_importrun_change", run.pk)
    return render(
        request,
        "admin/imports/sourcefile/upload.html",
        {
            **context,
            "title": "Upload files",
            "opts": SourceFile._meta,
            "form": form,
            "sources": _known_sources(),
            "max_bytes": conf.get("MAX_FILE_BYTES"),
        },
    )


def _start_run(request: HttpRequest, asked: dict[str, Any]) -> ImportRun:
    statement = Statement(
        source=asked["source"],
        priority=asked["priority"],
        observed_at=asked["observed_at"],
        is_complete=asked["is_complete"],
        meeting=asked["meeting"],
        race=asked["race"],
        name_pattern=asked["name_pattern"],
        by=request.user,  # type: ignore[arg-type]
    )
    return queue_run(
        request,
        asked["files"],
        statement=statement,
        force=asked["force"],
        dry_run=asked["dry_run"],
        max_rejected_percent=asked["max_rejected_percent"],
    )


def queue_run(
    request: HttpRequest,
    uploads: Iterable[Any],
    *,
    statement: Statement,
    force: bool = False,
    dry_run: bool = False,
    max_rejected_percent: float | None = None,
) -> ImportRun:
    """Take uploads in and queue the run of them, if ingestion is on."""
    # Before the files are stored: they would be taken in for nothing.
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    order = Order(
        trigger=ImportRun.Trigger.ADMIN,
        by=request.user,  # type: ignore[arg-type]
        force=force,
        dry_run=dry_run,
        max_rejected_percent=max_rejected_percent,
    )
    registered = actions.register_uploads(uploads, statement=statement)
    return actions.start_run(registered, order=order, in_queue=True)


def what_happened(run: ImportRun) -> str:
    """Say what was taken in, and what comes next."""
    states = list(run.run_files.values_list("state", flat=True))
    known = states.count(RunFile.State.DUPLICATE)
    taken = f"{len(states):,} file{'s' if len(states) > 1 else ''} taken in"
    if known:
        taken += f", {known:,} of them imported before: no work unless read again"
    return f"{taken}. {what_comes(run)}"


def what_comes(run: ImportRun) -> str:
    """Say what a queued run waits for."""
    if run.options["dry_run"]:
        return (
            f"Run {run.pk} is queued: make worker plans it, and nothing is written "
            "before the plan is confirmed."
        )
    return f"Run {run.pk} is queued: make worker works it."


def _known_sources() -> list[str]:
    sources = SourceFile.objects.order_by("source").values_list("source", flat=True)
    return list(sources.distinct()[:100])
