"""The page of timings: a window is chosen, its measures stand beside those before."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from imports.admin.rate_chart import draw
from imports.timings import window as windows
from imports.timings.figures import ENOUGH, change_of
from imports.timings.options import NEWEST_RACES
from imports.timings.page import Timings, measure
from imports.timings.races import last_finished
from imports.timings.window import SPANS, USUAL, Window

OWN = "own"
#: Nothing was measured before.
FIRST_YEAR = 1970


class WindowForm(forms.Form):
    """A window by its name, or from one moment to another."""

    window = forms.ChoiceField(
        required=False,
        choices=[*((name, label) for name, (label, _) in SPANS.items()), (OWN, "own")],
    )
    since = forms.DateTimeField(
        required=False,
        label="From (UTC)",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    until = forms.DateTimeField(
        required=False,
        label="To (UTC)",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("window") != OWN or self.errors:
            return asked
        since, until = asked.get("since"), asked.get("until")
        if since is None or until is None:
            raise forms.ValidationError("Give both ends of the window.")
        if since.year < FIRST_YEAR:
            raise forms.ValidationError("The window lies too long ago.")
        if not timedelta(0) < until - since <= windows.LONGEST:
            raise forms.ValidationError(
                "The window must end after it begins, and may be at most "
                f"{windows.LONGEST.days} days long."
            )
        return asked

    def chosen(self, *, now: datetime) -> tuple[str, Window]:
        """Give the name of the window that is asked for, and the window."""
        is_valid = self.is_valid()
        name = self.cleaned_data.get("window") or USUAL if is_valid else USUAL
        if name == OWN:
            asked = self.cleaned_data
            return OWN, Window(asked["since"], asked["until"])
        return name, windows.latest(name, now=now)


def timings_context(request: HttpRequest) -> dict[str, Any]:
    """Give what the page shows."""
    form = WindowForm(request.GET)
    name, window = form.chosen(now=timezone.now())
    if request.GET.get("window") != OWN:
        # What is chosen is shown, ready to be changed; what was typed stays.
        ends = {"window": OWN, "since": window.since, "until": window.until}
        shown = WindowForm(initial=ends)
    else:
        shown = form
    timings = measure(window)
    return {
        "form": shown,
        "problems": _problems(form),
        "chosen": name,
        "spans": [(key, label) for key, (label, _) in SPANS.items()],
        "timings": timings,
        "chart": draw(window, timings.steps, timings.marks),
        "tiles": _tiles(timings),
        "last": last_finished() if timings.is_empty else None,
        "enough": ENOUGH,
        "newest_races": NEWEST_RACES,
    }


def _problems(form: WindowForm) -> list[str]:
    """Say what is wrong with the window, and with which end of it."""
    problems = []
    for name, errors in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        problems.append(label + " ".join(map(str, errors)))
    return problems


def _tiles(timings: Timings) -> list[dict[str, Any]]:
    """Give the figures on top, each with the one of the window before."""
    now, before = timings.stages.now, timings.stages.before
    of_races = timings.stages.of_races
    total, write = of_races["total"], of_races["write"]
    return [
        _tile("races written", now.races, before.races),
        _tile("rows of them", now.rows, before.rows),
        _tile("rows/s while lanes worked", timings.rate, None),
        _tile("a race, p95", total.now.p95, total.before.p95, unit="ms"),
        _tile("its write, p95", write.now.p95, write.before.p95, unit="ms"),
    ]


def _tile(
    label: str, now: float | None, before: float | None, *, unit: str = ""
) -> dict[str, Any]:
    return {
        "label": label,
        "now": now,
        "before": before,
        "change": change_of(now, before),
        "unit": unit,
    }
