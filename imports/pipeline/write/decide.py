"""Who wins, column by column. Pure: values in, a decision out.

Every column of a row is a last-write-wins register, ordered by version: the merge of
any set of statements is the same in any order (docs/adr/0005).

* Within a run: the highest version, then the last row in the file.
* Against the store: a higher version, or the same version with another value (the
  same file, read again by a mended layout).
* A column that a file does not state is no opinion; a stated null is a null.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Values = Mapping[str, Any]
Versions = Mapping[str, UUID]


class Outcome(enum.StrEnum):
    """What became of a row; the names are those of `Counts`."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"


@dataclass(frozen=True)
class Candidate:
    """What one row of one file states about a key."""

    version: UUID
    row_number: int
    values: Values


@dataclass(frozen=True)
class Register:
    """What the store holds of a key; a column without a version was never stated."""

    values: Values
    versions: Versions


@dataclass(frozen=True)
class Decision:
    """What to store for a key, what that is called, and who disagreed."""

    outcome: Outcome
    #: Columns to set: their winning values and versions. Empty: nothing to write.
    values: Values
    versions: Versions
    conflicts: int
    #: Rows of the run on this key beyond the first.
    duplicates: int


@dataclass
class _Merge:
    """The merge of the run's statements into what is stored, under way."""

    values: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, UUID] = field(default_factory=dict)
    is_changed: bool = False
    is_older: bool = False


def decide(candidates: Iterable[Candidate], *, stored: Register | None) -> Decision:
    """Decide one key: `candidates` are its rows in the run, `stored` its row now."""
    ranked = sorted(candidates, key=lambda c: (c.version, c.row_number), reverse=True)
    winners = _winners(ranked)
    merge = _merge(winners, stored=stored)
    return Decision(
        outcome=_outcome(merge, stored=stored),
        values=merge.values,
        versions=merge.versions,
        conflicts=_differing_losers(ranked, winners)
        + _disagrees_with_store(winners, stored=stored),
        duplicates=len(ranked) - 1,
    )


def _winners(ranked: list[Candidate]) -> dict[str, tuple[Any, UUID]]:
    winners: dict[str, tuple[Any, UUID]] = {}
    for candidate in ranked:
        for column, value in candidate.values.items():
            winners.setdefault(column, (value, candidate.version))
    return winners


def _merge(
    winners: Mapping[str, tuple[Any, UUID]], *, stored: Register | None
) -> _Merge:
    merge = _Merge()
    held = stored or Register(values={}, versions={})
    for column, (value, version) in winners.items():
        is_same = value == held.values.get(column)
        stored_version = held.versions.get(column)
        if stored_version is not None:
            if version < stored_version:
                merge.is_older = True
                continue
            if version == stored_version and is_same:
                continue
        merge.values[column] = value
        merge.versions[column] = version
        merge.is_changed = merge.is_changed or not is_same
    return merge


def _outcome(merge: _Merge, *, stored: Register | None) -> Outcome:
    if stored is None:
        return Outcome.INSERTED
    if merge.is_changed:
        return Outcome.UPDATED
    if merge.is_older and not merge.values:
        return Outcome.OLDER
    return Outcome.UNCHANGED


def _differing_losers(
    ranked: list[Candidate], winners: Mapping[str, tuple[Any, UUID]]
) -> int:
    return sum(
        any(value != winners[column][0] for column, value in loser.values.items())
        for loser in ranked[1:]
    )


def _disagrees_with_store(
    winners: Mapping[str, tuple[Any, UUID]], *, stored: Register | None
) -> bool:
    """Whether two files give a column different values, whoever wins."""
    if stored is None:
        return False
    return any(
        column in stored.versions
        and stored.versions[column] != version
        and stored.values.get(column) != value
        for column, (value, version) in winners.items()
    )
