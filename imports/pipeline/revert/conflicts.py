"""Conflicts that a run met or settled: they go, or are open again, with its revert.

What a person has settled by another run stays on record.
"""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import F, Q

from imports.models import Conflict, ImportRun
from imports.pipeline.registers.journal import snapshot
from imports.pipeline.revert.rows import Fate, RowPlan, Snapshot
from races.models import Entrant

State = Conflict.State
Rule = Conflict.Rule

OF_RACES = ("race", "entrant", "pit_stop", "lap")
SHARED = ("venue", "team", "competitor", "meeting")

UNSETTLED = {
    "chosen": "",
    "note": "",
    "settled_at": None,
    "settled_by_id": None,
    "settled_file_id": None,
}


def plan_conflicts(
    run: ImportRun, *, meeting_key: str | None = None, race_key: str = ""
) -> list[RowPlan]:
    """Give the conflicts of a race, or of the shared rows, that change with a revert.

    Of a run that is a revert itself they stand among its revisions.
    """
    if run.kind == ImportRun.Kind.REVERT:
        return []
    # The kinds are said for the index.
    kinds = OF_RACES if meeting_key is not None else SHARED
    found = Conflict.objects.filter(
        source=run.source, kind__in=kinds, race_key=race_key
    )
    if meeting_key is not None:
        found = found.filter(meeting_key=meeting_key)
    files = list(run.run_files.values_list("source_file", flat=True))
    mine = found.filter(Q(run=run) | Q(settled_file__in=files))
    return [
        _plan(conflict, is_first=conflict.run_id == run.pk)
        for conflict in mine.annotate(
            is_mine=Q(settled_file__in=files) | Q(settled_file=None, chosen="")
        )
        .filter(~Q(run=run, state=State.SETTLED, is_mine=False))
        .order_by(F("pk"))
    ]


def on_rows_that_stay(disputes: list[RowPlan], plans: Iterable[RowPlan]) -> set[int]:
    """Give the conflicts on rows, or columns, that are not put back; not those on laps."""
    staying = [p for p in plans if p.fate == Fate.STAYS or p.kept]
    named = {p.row_id: p.name for p in plans if p.kind == "entrant"}
    missing = {pk for p in staying if (pk := _entrant(p)) and pk not in named}
    entrants = Entrant.objects.filter(pk__in=missing)
    named |= dict(entrants.values_list("pk", "key"))
    by_row = {_row(p, named): p for p in staying}
    found = set()
    for dispute in disputes:
        c = dispute.now or {}
        plan = by_row.get((c["kind"], c["key"], c["number"]))
        if plan and (plan.fate == Fate.STAYS or {*plan.kept} & c["fields"].keys()):
            found.add(dispute.row_id)
    return found


def _row(plan: RowPlan, entrants: dict[int, str]) -> tuple[str, str, int]:
    """Name a row as conflicts do."""
    if plan.kind == "pitstop":
        row = plan.now or plan.after or {}
        return "pit_stop", entrants.get(row["entrant_id"], ""), row["number"]
    is_named = plan.kind not in ("race", "meeting")
    return plan.kind, plan.name if is_named else "", 0


def _entrant(plan: RowPlan) -> int | None:
    return (plan.now or plan.after or {}).get("entrant_id")


def relinked(plans: list[RowPlan], *, race_id: int | None) -> list[RowPlan]:
    """Let conflicts that are brought back point to the race that there is."""
    return [
        replace(plan, after={**plan.after, "race_id": race_id})
        if plan.after and plan.kind == "conflict" and plan.fate == Fate.BROUGHT_BACK
        else plan
        for plan in plans
    ]


def _plan(conflict: Conflict, *, is_first: bool) -> RowPlan:
    now = snapshot(conflict)
    if is_first:
        return RowPlan("conflict", conflict.pk, Fate.REMOVED, now, None)
    return RowPlan("conflict", conflict.pk, Fate.PUT_BACK, now, _reopened(now))


def _reopened(now: Snapshot) -> Snapshot:
    is_ruled = now["rule"] in (Rule.NEWEST, Rule.LAST_ROW)
    return {**now, **UNSETTLED, "state": State.RULED if is_ruled else State.OPEN}
