"""What a dry run would do: for programs as dicts, for people as text."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet

from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline.preview import Change, Plan, RacePreview, plan_shared
from imports.pipeline.registers.staged import StagedRun

#: Changes of one race that are given in full; the admin pages through all.
CHANGES_AS_DICT = 1_000
CHANGES_AS_TEXT = 10
MARKS = {"inserted": "+", "updated": "~", "held": "?", "removed": "-", "withdrawn": "-"}


def as_dicts(run: ImportRun) -> dict[str, Any]:
    """Give the plan: the shared rows, then each race, with the rows that change."""
    staged = StagedRun.of(run)
    return {
        "shared": shared_as_dict(staged),
        "races": [
            race_as_dict(race, run=staged) for race in open_races(run).iterator()
        ],
    }


def shared_as_dict(run: StagedRun) -> dict[str, Any]:
    """Give the plan of the venues, teams, competitors and meetings."""
    shared = plan_shared(run)
    return {
        "rows": shared.rows.as_dict(),
        "conflicts": shared.conflicts,
        "changes": [_change(change) for change in shared.changes],
    }


def as_text(run: ImportRun) -> str:
    """Give the plan in words, the first changes of each race old to new."""
    staged = StagedRun.of(run)
    shared = plan_shared(staged)
    lines = [*_lines(shared.changes[:CHANGES_AS_TEXT], len(shared.changes))]
    if lines:
        lines = ["shared rows", *lines]
    for race in open_races(run).iterator():
        preview = RacePreview(race, staged)
        plan, changes = _planned(preview, limit=CHANGES_AS_TEXT)
        lines.append(f"{race.meeting_key}/{race.race_key}  {_summary(plan)}")
        lines += _lines(changes, count_changes(preview, plan).total())
    lines.append(
        f"Nothing is written yet. ingest_races --resume {run.pk} writes just this."
    )
    return "\n".join(lines)


def open_races(run: ImportRun) -> QuerySet[RaceCheckpoint]:
    """Give the races that the plan is of, in order."""
    waiting = run.checkpoints.filter(state=RaceCheckpoint.State.WAITING)
    return waiting.order_by("number")


def race_as_dict(race: RaceCheckpoint, *, run: StagedRun) -> dict[str, Any]:
    """Give the plan of a race, with the first of the rows that change."""
    preview = RacePreview(race, run)
    plan, changes = _planned(preview, limit=CHANGES_AS_DICT)
    return {
        "meeting": race.meeting_key,
        "race": race.race_key,
        "rows": plan.rows.as_dict(),
        "laps": plan.laps.as_dict(),
        "removed": plan.removed,
        "conflicts": plan.conflicts,
        "changes_total": count_changes(preview, plan).total(),
        "changes": [_change(change) for change in changes],
        "contested": plan.details,
    }


def _planned(preview: RacePreview, *, limit: int) -> tuple[Plan, list[Change]]:
    plan = preview.plan()
    few = plan.changes[:limit]
    return plan, few + preview.lap_changes(offset=0, limit=limit - len(few))


def count_changes(preview: RacePreview, plan: Plan) -> Counter[str]:
    """Count the rows that change, by action: as many as can be paged through."""
    others = Counter(change.action for change in plan.changes)
    return others + preview.lap_totals(plan)


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "key": change.key,
        "number": change.number,
        "action": change.action,
        "before": dict(change.before),
        "after": dict(change.after),
    }


def _summary(plan: Plan) -> str:
    parts = [
        f"{number:,} {name}"
        for name, number in plan.rows.as_dict().items()
        if number and name != "read"
    ]
    parts += [f"{plan.removed:,} removed"] if plan.removed else []
    parts += [f"{plan.conflicts:,} contested"] if plan.conflicts else []
    return ", ".join(parts)


def _lines(changes: list[Change], total: int) -> list[str]:
    lines = [f"  {MARKS[change.action]} {_named(change)}" for change in changes]
    if total > len(changes):
        lines.append(f"  … and {total - len(changes):,} more")
    return lines


def _named(change: Change) -> str:
    number = f" {change.number}" if change.number else ""
    columns = [
        f"{column} {_shown(change.before, column)} → {_shown(change.after, column)}"
        if change.action in ("updated", "held")
        else f"{column} {_shown(change.after or change.before, column)}"
        for column in (change.after or change.before)
    ]
    name = f"{change.kind.replace('_', ' ')} {change.key}{number}".rstrip()
    return f"{name}: {', '.join(columns)}" if columns else name


def _shown(values: Any, column: str) -> str:
    value = values.get(column)
    return "unknown" if value is None else str(value)
