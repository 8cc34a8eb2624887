"""A person's choice between the sides of conflicts -> the rows of an edit.

The chosen side's values are stated anew, for the columns that differ and nothing else.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from imports.models import Conflict, ImportRun, RaceCheckpoint
from imports.pipeline.in_force import InForce, rows_in_force
from imports.pipeline.manual import ManualRow, RowKey, groups_of
from imports.sql import statement

#: What the rows of a race are called; others are shared by races.
KINDS_OF_RACES = ("lap", "pit_stop", "entrant", "race")

#: A row of an edit, and the conflicts that it settles.
Choice = tuple[ManualRow, list[Conflict]]


@dataclass(frozen=True)
class Chosen:
    """What can be settled, by source, and in sentences what cannot."""

    by_source: dict[str, list[Choice]]
    refused: list[str]
    #: Why each conflict that cannot be settled is refused, by its id.
    why_not: dict[int, str]


@dataclass
class Settled:
    """What became of the conflicts that were to be settled."""

    #: On record as settled.
    count: int = 0
    #: Another choice, or another value, came between.
    overtaken: int = 0
    runs: list[ImportRun] = field(default_factory=list)
    #: Sentences: what was not settled, and why.
    refused: list[str] = field(default_factory=list)


def side_values(conflict: Conflict, side: str) -> dict[str, Any]:
    """Give what one side says of the columns that differ."""
    at = 0 if side == Conflict.Side.OLDER else 1
    return {column: sides[at] for column, sides in conflict.fields.items()}


def choose(conflicts: Iterable[Conflict], *, side: str) -> Chosen:
    """Give the rows that put a side in force; of one row, one for all its conflicts."""
    given = list(conflicts)
    in_force = rows_in_force(given)
    refused: list[str] = []
    why: dict[int, str] = {}
    by_row: dict[tuple[str, RowKey], list[Conflict]] = defaultdict(list)
    for conflict in given:
        if reason := _why_gone(conflict, in_force[conflict.pk]):
            refused.append(reason)
            why[conflict.pk] = reason
            continue
        by_row[(conflict.source, row_key(conflict))].append(conflict)
    by_source: dict[str, list[Choice]] = defaultdict(list)
    for (source, _), same in by_row.items():
        values = _values(same, side=side)
        if values is None:
            refused.append(_contradiction(same, side=side))
            why |= {conflict.pk: refused[-1] for conflict in same}
        else:
            by_source[source].append((_row(same[0], values), same))
    return Chosen(by_source=dict(by_source), refused=refused, why_not=why)


def row_key(conflict: Conflict) -> RowKey:
    """Give the row of a conflict, within its source."""
    c = conflict
    return (c.kind, c.meeting_key, c.race_key, c.key, c.number)


def mark_settled(
    choices: Sequence[Choice], *, run: ImportRun, side: str, note: str
) -> int:
    """Put a choice that is in on record; give how many conflicts it settled."""
    files = dict(run.run_files.values_list("number", "source_file"))
    groups = groups_of(row for row, _ in choices)
    file_of = {
        row.row_key: files[number]
        for number, rows in enumerate(groups, start=1)
        for row in rows
    }
    seen = [
        {"id": c.pk, "fields": c.fields, "file": file_of[row.row_key]}
        for row, same in choices
        for c in same
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            statement("settle_conflicts"),
            {
                "side": side,
                "by": run.requested_by_id,
                "note": note,
                "seen": json.dumps(seen),
            },
        )
        return int(cursor.rowcount)


def name_edits(run: ImportRun, *, note: str) -> None:
    """Say of what an edit has overruled which file states it, and why."""
    with connection.cursor() as cursor:
        cursor.execute(statement("name_edits"), {"run": run.pk, "note": note})


def why_not(run: ImportRun) -> str:
    """Say why an edit is not in."""
    if not run.is_final:
        return f"Run {run.pk} is worked elsewhere; look at it, then choose again."
    failed = run.checkpoints.filter(state=RaceCheckpoint.State.FAILED).first()
    reason = failed.message if failed else run.message
    return f"Run {run.pk} {run.state}: {reason or 'look at its page.'}"


def _why_gone(conflict: Conflict, now: InForce) -> str:
    if conflict.kind in KINDS_OF_RACES and conflict.race_id is None:
        return (
            f"The race of the {conflict} is gone. Import its files again, and choose "
            "between what they say then."
        )
    if now.row is None:
        return (
            f"There is nothing to settle in the {conflict}: the row is no longer "
            "stored. Import its files again, and choose between what they say then."
        )
    return ""


def _contradiction(same: Sequence[Conflict], *, side: str) -> str:
    return (
        f"{len(same)} of the chosen conflicts are on {same[0].name}, and their "
        f"{side} sides differ. Settle them one at a time."
    )


def _values(conflicts: Sequence[Conflict], *, side: str) -> dict[str, Any] | None:
    """Give what the sides say together; None where they contradict each other."""
    values: dict[str, Any] = {}
    for conflict in conflicts:
        for column, value in side_values(conflict, side).items():
            if values.setdefault(column, value) != value:
                return None
    return values


def _row(conflict: Conflict, values: dict[str, Any]) -> ManualRow:
    kind, meeting_key, race_key, key, number = row_key(conflict)
    return ManualRow(
        kind=kind,
        values=values,
        meeting_key=meeting_key,
        race_key=race_key,
        key=key,
        number=number,
    )
