"""Conflicts that a run met or settled: they go, or are open again, with its revert.

What a person has settled by another run stays on record.
"""

from dataclasses import replace

from django.db.models import F, Q

from imports.models import Conflict, ImportRun
from imports.pipeline.registers.journal import snapshot
from imports.pipeline.revert.rows import Fate, RowPlan, Snapshot

State = Conflict.State
Rule = Conflict.Rule

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
    found = Conflict.objects.filter(source=run.source, race_key=race_key)
    if meeting_key is not None:
        found = found.filter(meeting_key=meeting_key)
    files = run.run_files.values("source_file")
    mine = found.filter(Q(run=run) | Q(settled_file__in=files))
    return [
        _plan(conflict, is_first=conflict.run_id == run.pk)
        for conflict in mine.annotate(
            is_mine=Q(settled_file__in=files) | Q(settled_file=None, chosen="")
        )
        .filter(~Q(run=run, state=State.SETTLED, is_mine=False))
        .order_by(F("pk"))
    ]


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
