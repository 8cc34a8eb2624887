"""The history of a row in conflict: what each run changed of the columns that differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from imports.admin.conflict_lines import value
from imports.models import Conflict, ImportRun, LapRevision, RowRevision
from imports.pipeline.in_force import InForce, is_same
from imports.pipeline.registers.records import ATTRIBUTE, fields_of, references_of
from races.models import Lap, Versioned

#: Keys of rows by id, by the column that refers to them.
Keys = dict[str, dict[Any, str]]

#: The page shows so many of the newest.
DECISIONS_SHOWN = 50


@dataclass(frozen=True)
class Change:
    """A column that a run changed."""

    column: str
    before: SafeString
    after: SafeString


@dataclass(frozen=True)
class Decision:
    """A run that wrote the row: who, when, why, and what it changed there."""

    run: ImportRun
    at: datetime | None
    by: str
    note: str
    changes: list[Change]

    @property
    def is_by_hand(self) -> bool:
        """Whether a person stated the values."""
        return self.run.kind == ImportRun.Kind.EDIT


def decisions_on(conflict: Conflict, now: InForce) -> list[Decision]:
    """Give what runs made of the row since it was first stored, the newest first.

    Runs that changed none of the columns are left out, unless a person stated them.
    """
    if now.row is None:
        return []
    after = {column: now.values.get(column) for column in conflict.fields}
    found = []
    for run, before in _revisions(conflict, now.row):
        changes = [
            Change(c, value(c, before.get(c)), value(c, after.get(c)))
            for c in conflict.fields
            if not is_same(conflict.kind, c, before.get(c), after.get(c))
        ]
        if changes or run.kind == ImportRun.Kind.EDIT:
            found.append(_decision(run, changes))
        after = before
    return found


def _decision(run: ImportRun, changes: list[Change]) -> Decision:
    by = run.requested_by.get_username() if run.requested_by else "the system"
    note = str(run.options.get("note", ""))
    return Decision(run, run.finished_at or run.started_at, by, note, changes)


def _revisions(
    conflict: Conflict, row: Any
) -> Iterable[tuple[ImportRun, dict[str, Any]]]:
    """Give each run that changed the row, and what the row was before, newest first."""
    if isinstance(row, Lap):
        laps = LapRevision.objects.filter(
            checkpoint__race=conflict.race_id,
            entrant_id=row.entrant_id,
            number=row.number,
        ).select_related("checkpoint__run__requested_by")
        for lap in laps.order_by("-pk")[:DECISIONS_SHOWN]:
            yield lap.checkpoint.run, {c: getattr(lap, c) for c in conflict.fields}
        return
    revisions = RowRevision.objects.filter(
        kind=row._meta.model_name, row_id=row.pk
    ).select_related("run__requested_by")
    newest = list(revisions.order_by("-pk")[:DECISIONS_SHOWN])
    keys = _reference_keys(row, newest, columns=conflict.fields)
    for revision in newest:
        yield revision.run, _values(row, revision.before, keys=keys)


def _reference_keys(
    row: Versioned, revisions: Iterable[RowRevision], *, columns: Iterable[str]
) -> Keys:
    """Give, for the columns that name other rows, the keys of these by id."""
    befores = [revision.before for revision in revisions]
    found: Keys = {}
    for column in set(references_of(type(row))) & set(columns):
        field = fields_of(type(row))[column]
        ids = {before.get(field.attname) for before in befores} - {None}
        rows = field.related_model._default_manager.filter(pk__in=ids)
        found[column] = dict(rows.values_list("pk", "key"))
    return found


def _values(row: Versioned, before: Mapping[str, Any], *, keys: Keys) -> dict[str, Any]:
    """Give what a row held, by column."""
    named = {
        name: before.get(field.attname) for name, field in fields_of(type(row)).items()
    }
    named |= {column: by_id.get(named[column]) for column, by_id in keys.items()}
    attributes = before.get("attributes") or {}
    return named | {ATTRIBUTE + name: given for name, given in attributes.items()}
