"""Plans in the admin: what a dry run would do, confirming it, discarding it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, overload

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import ProgrammingError
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from imports import actions, conf
from imports.admin.plan_lines import (
    ACTIONS,
    Contested,
    Line,
    action_badge,
    contested_of,
    line_of,
)
from imports.admin.run_page import run_facts
from imports.errors import ImportsError, StagingLost
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline import plan as basis
from imports.pipeline.preview import Change, Plan, RacePreview, plan_shared
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.restore import is_lost
from imports.report_plan import count_changes
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact
from races.models import Race

CHANGES_SHOWN = 100
CONTESTED_SHOWN = 100
RACES_SHOWN = 100
SHARED_SHOWN = 100

#: What the summary of a run says that has no meaning before it is written.
NOT_OF_A_PLAN = ("Finished", "Takes so far", "Conflicts between files")


def plan_facts(run: ImportRun) -> list[Fact]:
    """Give the summary of a run that waits to be confirmed."""
    facts = [fact for fact in run_facts(run) if fact[0] not in NOT_OF_A_PLAN]
    return [*facts, ("Kept until", kept_until(run))]


def kept_until(run: ImportRun) -> datetime | None:
    """Give when the plan is discarded if nobody confirms it."""
    hours = timedelta(hours=conf.get("PLAN_HOURS"))
    return run.claimed_at + hours if run.claimed_at else None


def plan_tables(run: ImportRun) -> dict[str, Any]:
    """Give what the page of a run that is planned shows besides the usual tables."""
    races = list(_changing_first(run)[:RACES_SHOWN])
    shared = _shared_changes(run)
    return {
        "words": in_words(run),
        "kept_until": cells.moment(kept_until(run)),
        "planned_races": _with_stored(races, source=run.source),
        "is_lost": shared is None,
        "shared_total": len(shared or []),
        "shared": [line_of(change) for change in (shared or [])[:SHARED_SHOWN]],
    }


def in_words(run: ImportRun) -> str:
    """Say what the run would do: Import 9 rows into 2 races: 6 new, 1 changed."""
    rows, races = run.row_counts, run.checkpoints.filter(state="waiting").count()
    parts = [
        (rows.inserted, "new"),
        (rows.updated, "changed"),
        (rows.unchanged, "stored already"),
        (rows.older, "older than what is stored"),
        (rows.duplicates, "repeated in the files"),
        (rows.held, "held"),
        (run.conflicts, "contested"),
        (rows.rejected, "rejected"),
        (run.removed, "to be removed"),
    ]
    told = ", ".join(f"{number:,} {name}" for number, name in parts if number)
    of_races = "1 race" if races == 1 else f"{races:,} races"
    of_rows = "1 row" if rows.read == 1 else f"{rows.read:,} rows"
    return f"Import {of_rows} into {of_races}" + (f": {told}." if told else ".")


def _changing_first(run: ImportRun) -> Any:
    """Give the races of the plan, those that nothing would change last."""
    idle = When(
        rows__inserted=0, rows__updated=0, rows__held=0, removed=0, conflicts=0, then=1
    )
    rank = Case(idle, default=Value(0), output_field=IntegerField())
    return run.checkpoints.filter(state="waiting").order_by(rank, "number")


def _with_stored(
    rows: list[RaceCheckpoint], *, source: str
) -> list[tuple[RaceCheckpoint, Race | None]]:
    """Pair each race of the plan with the stored one; None where it is new."""
    races = Race.objects.filter(
        meeting__source=source,
        meeting__key__in={row.meeting_key for row in rows},
        key__in={row.race_key for row in rows},
    ).select_related("meeting")
    stored = {(race.meeting.key, race.key): race for race in races}
    return [(row, stored.get((row.meeting_key, row.race_key))) for row in rows]


def _shared_changes(run: ImportRun) -> list[Change] | None:
    """Give the shared rows that would change; None where the staged rows are gone."""
    staged = StagedRun.of(run)
    try:
        # They are dropped by whoever confirms or discards the plan meanwhile.
        return None if is_lost(staged) else plan_shared(staged).changes
    except ProgrammingError:
        if is_lost(staged):
            return None
        raise


def confirm_view(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Let a plan be written just as it is shown; say so where it must be made anew."""
    if not request.user.has_perm("imports.add_sourcefile"):
        raise PermissionDenied
    try:
        moved = actions.confirm_plan(run, by=request.user, in_queue=True)  # type: ignore[arg-type]
    except ImportsError as error:
        messages.error(request, str(error))
    else:
        if moved:
            messages.warning(
                request,
                "Nothing was written: what is stored has changed since the plan was "
                f"made. Run {run.pk} is queued to be planned again; look at the new "
                "plan, then confirm that.",
            )
        else:
            messages.success(
                request,
                f"Run {run.pk} is confirmed and queued: make worker writes just what "
                "was planned.",
            )
    return redirect("admin:imports_importrun_change", run.pk)


def discard_view(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Drop a plan; a run that is none any more is left alone."""
    if not request.user.has_perm("imports.change_importrun"):
        raise PermissionDenied
    if run.is_plan:
        actions.cancel_runs([run], by=request.user)  # type: ignore[arg-type]
        messages.success(
            request, f"The plan of run {run.pk} is discarded: nothing was written."
        )
    else:
        messages.warning(
            request,
            f"Run {run.pk} is no plan that waits: it is {run.state}. It was left as "
            "it is.",
        )
    return redirect("admin:imports_importrun_change", run.pk)


class Changes(Sequence[Change]):
    """The rows of a race that would change, read a page at a time; laps come last."""

    def __init__(self, preview: RacePreview, plan: Plan, *, action: str) -> None:
        self._preview = preview
        self._action = action
        self._others = [c for c in plan.changes if action in ("", c.action)]
        self.totals: Counter[str] = count_changes(preview, plan)

    def __len__(self) -> int:
        if not self._action:
            return self.totals.total()
        return self.totals[self._action]

    @overload
    def __getitem__(self, place: int) -> Change: ...
    @overload
    def __getitem__(self, place: slice) -> list[Change]: ...
    def __getitem__(self, place: int | slice) -> Change | list[Change]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        first, last, _ = place.indices(len(self))
        others = self._others[first:last]
        limit = last - first - len(others)
        if limit <= 0:
            return others
        offset = max(first - len(self._others), 0)
        return others + self._preview.lap_changes(
            offset=offset, limit=limit, action=self._action
        )


def plan_view(
    request: HttpRequest, row: RaceCheckpoint, *, context: dict[str, Any]
) -> HttpResponse:
    """Show what a run that is planned would do to one race."""
    run = row.run
    if not run.is_plan or row.state != RaceCheckpoint.State.WAITING:
        messages.warning(
            request,
            f"There is no plan of {row.meeting_key}/{row.race_key} to show: run "
            f"{run.pk} is {run.state}, the race {row.state}.",
        )
        return redirect("admin:imports_importrun_change", run.pk)
    [(_, stored)] = _with_stored([row], source=row.source)
    context = {
        **context,
        "title": f"What run {run.pk} would do to {stored or row.race_key}",
        "opts": RaceCheckpoint._meta,
        "row": row,
        "run": run,
        "stored": stored,
        "can_import": request.user.has_perm("imports.add_sourcefile"),
        "has_moved": basis.bases(run.pk, [row.pk])[row.pk] != row.basis,
        **(_race_tables(request, row) or {"is_lost": True}),
    }
    return render(request, "admin/imports/racecheckpoint/plan.html", context)


def _race_tables(request: HttpRequest, row: RaceCheckpoint) -> dict[str, Any] | None:
    """Give the rows of a race's plan; None where its staged rows are gone."""
    staged = StagedRun.of(row.run)
    try:
        return None if is_lost(staged) else _planned(request, row, staged=staged)
    except StagingLost:
        return None
    except ProgrammingError:
        # Whoever confirms or discards the plan meanwhile takes them away.
        if is_lost(staged):
            return None
        raise


def _planned(
    request: HttpRequest, row: RaceCheckpoint, *, staged: StagedRun
) -> dict[str, Any]:
    chosen = request.GET.get("action", "")
    action = chosen if chosen in ACTIONS else ""
    preview = RacePreview(row, staged)
    plan = preview.plan()
    changes = Changes(preview, plan, action=action)
    pages = Paginator(changes, CHANGES_SHOWN)
    page = pages.get_page(request.GET.get("page"))
    lines: list[Line] = [line_of(change) for change in page]
    contested: list[Contested] = [
        contested_of(detail) for detail in plan.details[:CONTESTED_SHOWN]
    ]
    return {
        "plan": plan,
        "action": action,
        "filters": _filters(changes.totals),
        "page": page,
        "page_numbers": pages.get_elided_page_range(page.number),
        "lines": lines,
        "contested": contested,
        "versions": _versions(contested),
    }


def _filters(totals: Counter[str]) -> list[tuple[str, Any, int]]:
    """Give the actions that there are: name, look, how many."""
    return [(a, action_badge(a), totals[a]) for a in ACTIONS if totals[a]]


def _versions(contested: list[Contested]) -> list[Any]:
    return [side.version for row in contested for side in (row.older, row.newer)]
