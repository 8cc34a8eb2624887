"""The page where a person says what the columns of an unknown table are, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from imports import actions
from imports.actions import Order, Registered
from imports.admin.mapping_form import (
    KINDS,
    MappingForm,
    fixed_besides_keys,
    initial_of,
)
from imports.errors import ImportsError
from imports.layouts import proposal
from imports.models import ColumnMapping, ImportRun, RunFile


@dataclass(frozen=True)
class Unmapped:
    """A table that is to be mapped: of a file that nothing knew, or of a mapping."""

    title: str
    header: Sequence[str]
    samples: Sequence[Sequence[str | None]]
    #: The mapping so far, as far as there is one.
    spec: dict[str, Any]
    file: RunFile | None = None


def map_file_view(
    request: HttpRequest, file_id: int, part: int, *, context: dict[str, Any]
) -> HttpResponse:
    """Map a table of a file that was not recognised."""
    file = get_object_or_404(RunFile.objects.select_related("source_file"), pk=file_id)
    if part >= len(file.parts) or "samples" not in file.parts[part]:
        raise Http404("The file has no such table to map.")
    table = file.parts[part]
    stem = PurePath(file.name).stem.lower()
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-")
    named = f"{file.name}, {table['name']}" if table["name"] else file.name
    unmapped = Unmapped(
        title=f"Map the columns of {named}",
        header=table["columns"],
        samples=table["samples"],
        spec={"name": name[:50].strip("-") or "mapping"},
        file=file,
    )
    return _map_view(request, unmapped, context=context)


def edit_view(
    request: HttpRequest, mapping: ColumnMapping, *, context: dict[str, Any]
) -> HttpResponse:
    """Make a new version of a mapping."""
    unmapped = Unmapped(
        title=f"New version of {mapping.name}",
        header=mapping.spec["header"],
        samples=[],
        spec=mapping.spec,
    )
    return _map_view(request, unmapped, context=context)


def _map_view(
    request: HttpRequest, unmapped: Unmapped, *, context: dict[str, Any]
) -> HttpResponse:
    if not request.user.has_perm("imports.add_columnmapping"):
        raise PermissionDenied
    asked = request.POST.get("kind") or request.GET.get("kind") or ""
    guessed = unmapped.spec.get("kind") or proposal.kind_of(unmapped.header)
    kind = asked if asked in KINDS else guessed
    spec = _spec(unmapped, kind=kind)
    form = MappingForm(
        kind=kind,
        header=unmapped.header,
        samples=unmapped.samples,
        data=request.POST or None,
        initial=initial_of(spec, unmapped.header),
        fixed=fixed_besides_keys(spec, kind=kind),
    )
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form, unmapped)
        except ImportsError as error:
            form.add_error(None, str(error))
    return render(
        request,
        "admin/imports/columnmapping/map.html",
        {
            **context,
            "title": unmapped.title,
            "opts": ColumnMapping._meta,
            "form": form,
            "kind": kind,
            "kinds": KINDS,
            "file": unmapped.file,
        },
    )


def _spec(unmapped: Unmapped, *, kind: str) -> dict[str, Any]:
    """Give the mapping to begin with: as it is, or as the names of columns propose."""
    if unmapped.spec.get("kind") == kind:
        return unmapped.spec
    proposed = proposal.propose(unmapped.header, unmapped.samples, kind=kind)
    return {"name": unmapped.spec["name"], "columns": proposal.as_columns(proposed)}


def _save(request: HttpRequest, form: MappingForm, unmapped: Unmapped) -> HttpResponse:
    """Keep the mapping, and read the file by it where that is asked for."""
    user: Any = request.user
    is_to_import = unmapped.file is not None and "import" in request.POST
    if is_to_import and not user.has_perm("imports.add_sourcefile"):
        raise PermissionDenied
    mapping = actions.save_mapping(form.spec(), by=user)
    messages.success(request, f"Mapping {mapping} is in force for files of its header.")
    file = unmapped.file
    if file is None or not is_to_import:
        return redirect("admin:imports_columnmapping_change", mapping.pk)
    if unsaid := _unsaid(mapping, file):
        messages.warning(
            request,
            f"{file.name} is not imported yet: nobody said its {' and '.join(unsaid)}. "
            "Upload it again and say it there.",
        )
        return redirect("admin:imports_sourcefile_upload")
    run = actions.start_run(
        [Registered(file=file.source_file, name=file.name)],
        order=Order(
            trigger=ImportRun.Trigger.ADMIN, by=user, force=True, mapping=mapping
        ),
        in_queue=True,
    )
    return redirect("admin:imports_importrun_change", run.pk)


def _unsaid(mapping: ColumnMapping, file: RunFile) -> list[str]:
    """Give what who brought the file should have said, and has not."""
    fixed = mapping.spec["fixed"].items()
    asked = [what for what, way in fixed if way.get("said")]
    return [what for what in asked if what not in file.source_file.said]
