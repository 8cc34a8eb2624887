"""What a dry run would do: for programs as dicts, for people as text."""

from collections.abc import Iterator
from typing import Any

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
    shared = plan_shared(staged)
    return {
        "shared": {
            "rows": shared.rows.as_dict(),
            "conflicts": shared.conflicts,
            "changes": [_change(change) for change in shared.changes],
        },
        "races": [_race(race, run=staged) for race in _open_races(run)],
    }


def as_text(run: ImportRun) -> str:
    """Give the plan in words, the first changes of each race old to new."""
    staged = StagedRun.of(run)
    shared = plan_shared(staged)
    lines = [*_lines(shared.changes[:CHANGES_AS_TEXT], len(shared.changes))]
    if lines:
        lines = ["shared rows", *lines]
    for race in _open_races(run):
        preview = RacePreview(race, staged)
        plan, changes = _planned(preview, limit=CHANGES_AS_TEXT)
        lines.append(f"{race.meeting_key}/{race.race_key}  {_summary(plan)}")
        lines += _lines(changes, _total(plan))
    lines.append(
        f"Nothing is written yet. ingest_races --resume {run.pk} writes just this."
    )
    return "\n".join(lines)


def _open_races(run: ImportRun) -> Iterator[RaceCheckpoint]:
    waiting = run.checkpoints.filter(state=RaceCheckpoint.State.WAITING)
    return waiting.order_by("number").iterator()


def _race(race: RaceCheckpoint, *, run: StagedRun) -> dict[str, Any]:
    plan, changes = _planned(RacePreview(race, run), limit=CHANGES_AS_DICT)
    return {
        "meeting": race.meeting_key,
        "race": race.race_key,
        "rows": plan.rows.as_dict(),
        "laps": plan.laps.as_dict(),
        "removed": plan.removed,
        "conflicts": plan.conflicts,
        "changes_total": _total(plan),
        "changes": [_change(change) for change in changes],
        "contested": plan.details,
    }


def _planned(preview: RacePreview, *, limit: int) -> tuple[Plan, list[Change]]:
    plan = preview.plan()
    few = plan.changes[:limit]
    return plan, few + preview.lap_changes(offset=0, limit=limit - len(few))


def _total(plan: Plan) -> int:
    """Rows that change: a row of a file that inserts, updates or is held, or goes."""
    laps, not_laps = plan.laps, len(plan.changes)
    removed_laps = plan.removed - sum(
        change.action in ("removed", "withdrawn") for change in plan.changes
    )
    return not_laps + laps.inserted + laps.updated + laps.held + removed_laps


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
