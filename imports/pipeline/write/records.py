"""Write the few rows that are models: decide each key, upsert what changed.

One `bulk_create(update_conflicts=True)` a model, in the order of the keys, so that
two transactions never wait for each other; rows that would not change are not sent.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import models

from imports.pipeline.write.decide import Candidate, Decision, Register, decide
from imports.pipeline.write.staged import StagedFile, StagedRecord
from imports.pipeline.write.tally import Tally
from races.models import Versioned
from races.natural_keys import NATURAL_KEYS


class _Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


Row = TypeVar("Row", bound=Versioned)
Key = TypeVar("Key", bound=_Sortable)

#: The values of this JSON column are registers of their own, as `attributes.url`.
ATTRIBUTE = "attributes."

#: Ids by key of what a column refers to: {"team": {"9": 17}}.
References = Mapping[str, Mapping[str, int]]
NO_REFERENCES: References = MappingProxyType({})


def candidates_by_key(
    model: type[Versioned],
    records: Iterable[StagedRecord],
    *,
    key: Callable[[StagedRecord], Key],
    files: Mapping[int, StagedFile],
    references: References = NO_REFERENCES,
) -> dict[Key, list[Candidate]]:
    """Group records by key, their payload typed as the model's columns are."""
    found: dict[Key, list[Candidate]] = defaultdict(list)
    for record in records:
        values = {
            column: _typed(model, column, value, references=references)
            for column, value in record.payload.items()
        }
        found[key(record)].append(
            Candidate(
                version=files[record.file_number].version,
                row_number=record.row_number,
                values=values,
            )
        )
    return found


def write_records(
    model: type[Row],
    candidates: Mapping[Key, Sequence[Candidate]],
    *,
    stored: Mapping[Key, Row],
    new: Callable[[Key], Row],
    tally: Tally,
) -> dict[Key, Row]:
    """Write what the candidates change; give the rows by key, also the unchanged."""
    rows = dict(stored)
    changed: list[Row] = []
    for key in sorted(candidates):
        row = stored.get(key)
        decision = decide(candidates[key], stored=register_of(row) if row else None)
        tally.add(decision)
        rows[key] = row if row else new(key)
        _apply(decision, rows[key])
        if decision.values or row is None:
            changed.append(rows[key])
    _upsert(model, changed)
    return rows


def register_of(row: Versioned) -> Register:
    """Give a stored row as the registers of its columns."""
    values = {
        column: getattr(row, field.attname)
        for column, field in _fields(type(row)).items()
    }
    attributes = getattr(row, "attributes", {})
    values |= {ATTRIBUTE + name: value for name, value in attributes.items()}
    return Register(values=values, versions=_versions(row))


def _versions(row: Versioned) -> dict[str, UUID]:
    return {
        column: version
        for version, columns in (
            (UUID(text), columns) for text, columns in row.column_versions.items()
        )
        for column in columns
    }


def _apply(decision: Decision, row: Versioned) -> None:
    """Set the winning values, and the versions in their one canonical form."""
    if not decision.values:
        return
    fields = _fields(type(row))
    for column, value in decision.values.items():
        if column.startswith(ATTRIBUTE):
            attributes = getattr(row, "attributes")  # noqa: B009  not on Versioned
            attributes[column.removeprefix(ATTRIBUTE)] = value
        else:
            setattr(row, fields[column].attname, value)
    versions = {**_versions(row), **decision.versions}
    row.version = max(versions.values())
    row.column_versions = {
        version.hex: sorted(c for c, v in versions.items() if v == version)
        for version in sorted(set(versions.values()))
    }


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


@cache
def _fields(model: type[Versioned]) -> dict[str, Any]:
    """Give the columns that files state, by name: neither keys nor versions."""
    own = {
        *NATURAL_KEYS[model.__name__],
        *(field.name for field in Versioned._meta.fields),
        "attributes",
        "laps_floor",
        "entrants_floor",
    }
    return {
        field.name: field
        for field in model._meta.concrete_fields
        if field.name not in own and not field.primary_key
    }


def _typed(
    model: type[Versioned], column: str, value: Any, *, references: References
) -> Any:
    if value is None or column.startswith(ATTRIBUTE):
        return value
    field = _fields(model)[column]
    if isinstance(field, models.ForeignKey):
        return references[column][value]
    return field.to_python(value)
