"""The choice between the sides of conflicts: what it would write, then the writing."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from imports import actions
from imports.admin.conflict_lines import show
from imports.errors import ImportsError
from imports.models import Conflict
from imports.pipeline.choice import Settled, choose
from ingestion_site.lib import cells

#: Conflicts that are settled by one request.
MOST_AT_ONCE = 2_000
#: Of these the page shows so many.
ROWS_SHOWN = 100
#: Sentences on conflicts that are refused, at most.
REASONS_SHOWN = 20

BAD_CHOICE = "Choose one or more conflicts in the list, and a side, then go on."


class ChoiceForm(forms.Form):
    """Which conflicts, which side, why; `seen` is what the chooser looked at."""

    ids = forms.RegexField(r"^\d{1,18}(,\d{1,18})*$", widget=forms.HiddenInput)
    side = forms.ChoiceField(choices=Conflict.Side, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=300,
        label="Note",
        help_text="Why, for the one who reads it next.",
        widget=forms.TextInput(attrs={"size": 60}),
    )

    def conflicts(self) -> list[Conflict]:
        """Give the conflicts that still stand."""
        ids = {int(text) for text in self.cleaned_data["ids"].split(",")}
        found = Conflict.objects.filter(pk__in=sorted(ids)[:MOST_AT_ONCE])
        named = found.select_related("race__meeting", "run", "settled_by")
        return list(named.order_by("meeting_key", "race_key", "key", "number", "pk"))


def settle_view(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show what would be written; on POST, write it."""
    if not request.user.has_perm("imports.change_conflict"):
        raise PermissionDenied
    form = ChoiceForm(request.POST if request.method == "POST" else request.GET)
    conflicts = form.conflicts() if form.is_valid() else []
    if not conflicts:
        messages.error(request, BAD_CHOICE)
        return redirect("admin:imports_conflict_changelist")
    side, note = form.cleaned_data["side"], form.cleaned_data["note"]
    if request.method != "POST":
        return confirm(request, conflicts, side=side, context=context)
    if form.cleaned_data["seen"] != seen(conflicts):
        messages.warning(
            request,
            "The files say something else by now. Look again before you choose.",
        )
        return confirm(request, conflicts, side=side, context=context, note=note)
    return _settle(request, conflicts, side=side, note=note)


def confirm(
    request: HttpRequest,
    conflicts: Sequence[Conflict],
    *,
    side: str,
    context: dict[str, Any],
    note: str = "",
) -> HttpResponse:
    """Say what taking a side would write."""
    ids = ",".join(str(conflict.pk) for conflict in conflicts)
    chosen = choose(conflicts, side=side)
    choices = [choice for same in chosen.by_source.values() for choice in same]
    rows = show(conflicts[:ROWS_SHOWN])
    initial = {"ids": ids, "side": side, "seen": seen(conflicts), "note": note}
    return render(
        request,
        "admin/imports/conflict/settle.html",
        {
            **context,
            "title": f"Take the {side} side's values",
            "opts": Conflict._meta,
            "form": ChoiceForm(initial=initial),
            "side": side,
            "rows": [(row, chosen.why_not.get(row.conflict.pk)) for row in rows],
            "chosen": len(conflicts),
            "total": sum(len(same) for _, same in choices),
            "fields": sum(len(row.values) for row, _ in choices),
            "refused": chosen.refused[:REASONS_SHOWN],
            "refused_total": len(chosen.why_not),
        },
    )


def seen(conflicts: Sequence[Conflict]) -> str:
    """Give a mark of what the conflicts say, to notice that it changed."""
    said = sorted((conflict.pk, conflict.fields) for conflict in conflicts)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _settle(
    request: HttpRequest, conflicts: Sequence[Conflict], *, side: str, note: str
) -> HttpResponse:
    try:
        settled = actions.settle_conflicts(
            conflicts,
            side=side,
            by=request.user,  # type: ignore[arg-type]
            note=note,
        )
    except ImportsError as error:
        messages.error(request, f"Nothing was settled. {error}")
    else:
        _report(request, settled, side=side)
    if len(conflicts) == 1:
        return redirect("admin:imports_conflict_change", conflicts[0].pk)
    return redirect("admin:imports_conflict_changelist")


def _report(request: HttpRequest, settled: Settled, *, side: str) -> None:
    if settled.count:
        runs = ", ".join(f"run {run.pk}" for run in settled.runs)
        conflicts = cells.count(settled.count)
        noun = "conflict" if settled.count == 1 else "conflicts"
        messages.success(
            request,
            f"{conflicts} {noun} settled: the {side} side's values are in force, stated "
            f"by {runs}. Files that come later do not undo it; you can, by choosing again.",
        )
    if settled.overtaken:
        messages.warning(
            request,
            f"{cells.count(settled.overtaken)} were settled otherwise, or changed, in "
            "the meantime. Look at them again.",
        )
    for reason in settled.refused[:REASONS_SHOWN]:
        messages.error(request, reason)
