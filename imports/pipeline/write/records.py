"""Write the few rows that are models: upsert what was decided to change.

One `bulk_create(update_conflicts=True)` a model, in the order of the keys, so that
two transactions never wait for each other; rows that would not change are not sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from imports.pipeline.registers.decide import Decision
from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.records import (
    Key,
    fields_of,
    references_of,
    set_register,
)
from races.models import Versioned
from races.natural_keys import NATURAL_KEYS

Row = TypeVar("Row", bound=Versioned)


def write_records(
    model: type[Row],
    decisions: Mapping[Key, Decision],
    *,
    stored: Mapping[Key, Row],
    new: Callable[[Key], Row],
    journal: Journal,
) -> dict[Key, Row]:
    """Write what was decided; give the rows by key, also the unchanged."""
    rows = dict(stored)
    made: list[Row] = []
    changed: list[Row] = []
    written = {key: d for key, d in decisions.items() if d.is_written}
    ids = _reference_ids(model, written.values(), source=journal.run.source)
    for key, decision in written.items():
        row = stored.get(key)
        if row:
            journal.keep(row, is_deleted=decision.is_removed)
        if decision.register is None:
            del rows[key]
            continue
        rows[key] = row or new(key)
        set_register(rows[key], decision.register, ids=ids)
        (changed if row else made).append(rows[key])
    _delete(model, [stored[key] for key, d in written.items() if d.is_removed])
    _upsert(model, sorted([*made, *changed], key=_natural_key))
    journal.inserted[str(model._meta.model_name)] += [row.pk for row in made]
    return rows


def ids_by_key(model: type[Any], keys: Iterable[str], *, source: str) -> dict[str, int]:
    """Give the ids of shared rows by key."""
    wanted = sorted({*keys})
    if not wanted:
        return {}
    found = model._default_manager.filter(source=source, key__in=wanted)
    return dict(found.values_list("key", "id"))


def _reference_ids(
    model: type[Row], decisions: Iterable[Decision], *, source: str
) -> dict[str, dict[str, int]]:
    registers = [d.register for d in decisions if d.register]
    return {
        column: ids_by_key(
            fields_of(model)[column].related_model,
            (r.values[column] for r in registers if r.values.get(column) is not None),
            source=source,
        )
        for column in references_of(model)
    }


def _natural_key(row: Versioned) -> tuple[Any, ...]:
    fields: Any = row._meta
    names = NATURAL_KEYS[type(row).__name__]
    return tuple(getattr(row, fields.get_field(name).attname) for name in names)


def _delete(model: type[Row], rows: Sequence[Row]) -> None:
    if rows:
        model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()


def _upsert(model: type[Row], rows: Sequence[Row]) -> None:
    if not rows:
        return
    key = NATURAL_KEYS[model.__name__]
    fixed = {model._meta.pk.name, *key}
    model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=list(key),
        update_fields=[
            field.name
            for field in model._meta.concrete_fields
            if field.name not in fixed
        ],
    )
