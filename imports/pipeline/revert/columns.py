"""A row column by column: what a run left in it goes back, what came later stays."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from imports.pipeline.registers.decide import UNDISPUTED
from imports.pipeline.registers.records import ABSENT, ATTRIBUTE
from races.models import ZERO_VERSION

Snapshot = dict[str, Any]
#: Column -> its value and the version that states it.
Stated = dict[str, tuple[Any, UUID]]


@dataclass(frozen=True)
class Part:
    """What of a row can go back."""

    #: The row with the columns put back; None where none can be.
    after: Snapshot | None
    #: Columns of the run that later runs changed; cells of files only.
    kept: tuple[str, ...]


def put_back_in_part(
    model: Any, *, before: Snapshot, left: Snapshot, now: Snapshot
) -> Part:
    """Put back the columns that are, value and version, as the run left them."""
    was, made, held = (_stated(model, row) for row in (before, left, now))
    changed = {c for c in was.keys() | made.keys() if was.get(c) != made.get(c)}
    changed = {c for c in changed if held.get(c) != was.get(c)}
    back = {c for c in changed if held.get(c) == made.get(c)}
    source = was if ABSENT in back else held
    ended = source[ABSENT][1] if ABSENT in source else ZERO_VERSION
    # A complete file has ended since what was said before.
    back -= {c for c in back if c in was and c != ABSENT and was[c][1] < ended}
    kept = tuple(sorted(changed - back - {ABSENT} - UNDISPUTED))
    if changed and not back:
        return Part(None, kept)
    versions = {c: version for c, (_, version) in held.items() if c not in back}
    versions |= {c: was[c][1] for c in back if c in was}
    after = {**now, **_versions(versions)}
    for column in back - {ABSENT}:
        _set(model, after, column, before)
    return Part(after, kept)


def _stated(model: Any, row: Snapshot) -> Stated:
    return {
        column: (_value(model, row, column), UUID(version))
        for version, columns in row["column_versions"].items()
        for column in columns
    }


def _value(model: Any, row: Snapshot, column: str) -> Any:
    if column == ABSENT:
        return None
    if column.startswith(ATTRIBUTE):
        return row["attributes"].get(column.removeprefix(ATTRIBUTE))
    return row[model._meta.get_field(column).attname]


def _set(model: Any, row: Snapshot, column: str, before: Snapshot) -> None:
    if not column.startswith(ATTRIBUTE):
        name = model._meta.get_field(column).attname
        row[name] = before[name]
        return
    name = column.removeprefix(ATTRIBUTE)
    attributes = {k: v for k, v in row["attributes"].items() if k != name}
    if name in before["attributes"]:
        attributes[name] = before["attributes"][name]
    row["attributes"] = attributes


def _versions(versions: dict[str, UUID]) -> Snapshot:
    stated = (version for column, version in versions.items() if column != ABSENT)
    return {
        "version": str(max(stated, default=ZERO_VERSION)),
        "column_versions": {
            version.hex: sorted(c for c, v in versions.items() if v == version)
            for version in sorted(set(versions.values()))
        },
    }
