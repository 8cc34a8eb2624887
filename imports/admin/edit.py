"""Edit values: a person's statement of a row, from a form to a run of its own."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from imports import actions
from imports.admin.conflict_lines import file_link, value
from imports.admin.edit_form import EditForm, KeyField
from imports.errors import ImportsError
from imports.models import ImportRun, SourceFile
from imports.pipeline import choice
from imports.pipeline.manual import MODELS, ManualRow
from races.models import Entrant, Lap, PitStop, Race

KINDS: dict[str, Any] = {**MODELS, "lap": Lap}
NOTE_CHARS = 300


@dataclass(frozen=True)
class Target:
    """A row that can be edited: how files name it, and which page shows it."""

    row: Any
    kind: str
    source: str
    names: dict[str, Any]
    page: Model

    @property
    def title(self) -> str:
        """The row, for people."""
        if self.kind in ("lap", "pit_stop"):
            kind = self.kind.replace("_", " ").capitalize()
            return f"{kind} {self.row.number} of {self.page}"
        race = f", {self.row.race}" if self.kind == "entrant" else ""
        return f"{self.row}{race}"


def may_edit(request: HttpRequest, kind: str) -> bool:
    """Whether the user may state values of such rows."""
    name = KINDS[kind]._meta.model_name
    return bool(request.user.has_perm(f"races.change_{name}"))


def edit_view(
    request: HttpRequest, kind: str, pk: int, number: int = 0
) -> HttpResponse:
    """Show a row's values in a form; on POST, state those that were changed."""
    if kind not in KINDS or (kind == "lap") != ("lap" in request.path.split("/")):
        raise Http404
    if not may_edit(request, kind):
        raise PermissionDenied
    target = _target(kind, pk, number)
    data = request.POST if request.method == "POST" else None
    form = EditForm(target.row, source=target.source, data=data)
    note = (data.get("note", "") if data else "")[:NOTE_CHARS]
    if data and form.is_valid():
        reason = _write(request, target, form, note=note)
        if not reason:
            return redirect(_page(target))
        form.add_error(None, reason)
    return _render(request, target, form, note=note)


def _target(kind: str, pk: int, number: int | None) -> Target:
    row: Any
    if kind in ("lap", "pit_stop"):
        row = _row_of_entrant(kind, pk, number)
        entrant = row.entrant
        names = {**_names_of_entrant(entrant), "number": row.number}
        return Target(row, kind, entrant.race.meeting.source, names, entrant)
    related = {"race": ["meeting"], "entrant": ["race__meeting", "team", "competitor"]}
    row = _get(KINDS[kind].objects.select_related(*related.get(kind, [])), pk=pk)
    if kind == "entrant":
        return Target(row, kind, row.race.meeting.source, _names_of_entrant(row), row)
    if kind == "race":
        names = {"meeting_key": row.meeting.key, "race_key": row.key}
        return Target(row, kind, row.meeting.source, names, row)
    name = "meeting_key" if kind == "meeting" else "key"
    return Target(row, kind, row.source, {name: row.key}, row)


def _row_of_entrant(kind: str, pk: int, number: int | None) -> Any:
    if kind == "pit_stop":
        stops = PitStop.objects.select_related("entrant__race__meeting")
        return _get(stops, pk=pk)
    lap = _get(Lap.objects, entrant_id=pk, number=number)
    entrants = Entrant.objects.select_related("race__meeting", "competitor")
    lap.entrant = _get(entrants, pk=pk)
    return lap


def _get(rows: Any, **named: Any) -> Any:
    found = rows.filter(**named).first()
    if found is None:
        raise Http404
    return found


def _names_of_entrant(entrant: Entrant) -> dict[str, Any]:
    race: Race = entrant.race
    return {"meeting_key": race.meeting.key, "race_key": race.key, "key": entrant.key}


def _write(request: HttpRequest, target: Target, form: EditForm, *, note: str) -> str:
    """State the changes; give the reason where they are not in."""
    row = ManualRow(kind=target.kind, values=form.changes, **target.names)
    try:
        run = actions.apply_edit(
            [row],
            source=target.source,
            by=request.user,  # type: ignore[arg-type]
            note=note,
        )
    except ImportsError as error:
        return str(error)
    if run.state != ImportRun.State.SUCCEEDED:
        return f"Nothing was written. {choice.why_not(run)}"
    _report(request, target, form, run=run)
    return ""


def _report(
    request: HttpRequest, target: Target, form: EditForm, *, run: ImportRun
) -> None:
    changes = format_html_join(
        ", ",
        "{}: {} → {}",
        (
            (name, value(name, form.register.values.get(name)), value(name, given))
            for name, given in form.changes.items()
        ),
    )
    messages.success(
        request,
        format_html(
            'Written of {}: {} (<a href="{}">run {}</a>). Importing files, again or '
            "newer ones, does not undo it; only another edit does.",
            target.title,
            changes,
            reverse("admin:imports_importrun_change", args=[run.pk]),
            run.pk,
        ),
    )


def _page(target: Target) -> str:
    meta = target.page._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_change"
    return reverse(name, args=[target.page.pk])


def _render(
    request: HttpRequest, target: Target, form: EditForm, *, note: str
) -> HttpResponse:
    versions = form.register.versions
    found = SourceFile.objects.filter(
        source=target.source, version__in=set(versions.values())
    )
    files = {(file.source, file.version): file for file in found}
    lines = [
        (field, file_link(files, target.source, versions.get(field.name)))
        for field in form
    ]
    keys = [
        (name, field.offered)
        for name, field in form.fields.items()
        if isinstance(field, KeyField)
    ]
    context = {
        **admin.site.each_context(request),
        "title": f"Edit values of {target.title}",
        "opts": target.page._meta,
        "page": target.page,
        "page_url": _page(target),
        "form": form,
        "lines": lines,
        "keys": keys,
        "note": note,
        "note_chars": NOTE_CHARS,
    }
    return render(request, "admin/imports/edit.html", context)
