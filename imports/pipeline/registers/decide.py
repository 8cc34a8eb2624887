"""Who wins, column by column. Pure: values in, a decision out.

Every column of a row is a last-write-wins register, ordered by version: the merge of
any set of statements is the same in any order (docs/adr/0005).

* Within a run: the highest version, then the last row in the file.
* Against the store: a higher version, or the same version with another value (the
  same file, read again by a mended layout).
* A column that a file does not state is no opinion; a stated null is a null.
* A complete file that does not hold a row ends all that older files say of it
  (`absent`), whenever they come (docs/adr/0013).
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Values = Mapping[str, Any]
Versions = Mapping[str, UUID]

NEVER = UUID(int=0)
#: Versions from here on are a person's: the priority 65535 is kept for them.
MANUAL_FROM = UUID(int=0xFFFF << 112)
#: Said by holding or not holding a row, not by a cell: files do not disagree on it.
UNDISPUTED = frozenset({"is_withdrawn"})


class Outcome(enum.StrEnum):
    """What became of a row; the names are those of `Counts`."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"
    HELD = "held"


@dataclass(frozen=True)
class Candidate:
    """What one row of one file states about a key."""

    version: UUID
    row_number: int
    values: Values

    @property
    def is_manual(self) -> bool:
        """Whether a person states it."""
        return self.version >= MANUAL_FROM


@dataclass(frozen=True)
class Register:
    """What the store holds of a key; a column without a version was never stated."""

    values: Values
    versions: Versions
    #: The newest complete file that did not hold the key.
    absent: UUID = NEVER

    def since(self, absent: UUID) -> "Register":
        """Give what is left of it when a complete file did not hold the key."""
        ended = max(self.absent, absent)
        dead = {column for column, v in self.versions.items() if v < ended}
        return Register(
            values={c: None if c in dead else v for c, v in self.values.items()},
            versions={c: v for c, v in self.versions.items() if c not in dead},
            absent=ended,
        )


@dataclass(frozen=True)
class Dispute:
    """Two statements that differ, the one of the lower version first."""

    older_version: UUID
    newer_version: UUID
    #: Rows of the files; 0 where only the store knows the statement.
    older_row: int
    newer_row: int
    #: Column -> the older and the newer value; those that differ.
    fields: Mapping[str, tuple[Any, Any]]
    is_older_in_force: bool = False
    #: A person overrules what is stored: a decision, not a disagreement.
    is_edit: bool = False


@dataclass(frozen=True)
class Decision:
    """What a key is to be, what that is called, and who disagreed."""

    #: Of the run's rows on the key; without meaning where it has none.
    outcome: Outcome
    stored: Register | None
    #: None: no row.
    register: Register | None
    disputes: tuple[Dispute, ...]
    #: Rows of the run on the key.
    read: int

    @property
    def is_written(self) -> bool:
        """Whether the row changes at all, if only in a version."""
        return self.register != self.stored

    @property
    def changes_values(self) -> bool:
        """Whether a value changes; a complete file may end one of a row that stays."""
        before = self.stored.values if self.stored else None
        return before != (self.register.values if self.register else None)

    @property
    def is_removed(self) -> bool:
        """Whether a stored row goes."""
        return self.stored is not None and self.register is None

    @property
    def is_withdrawn(self) -> bool:
        """Whether a stored entrant is marked as withdrawn."""
        if self.stored is None or self.register is None:
            return False
        was = self.stored.values.get("is_withdrawn")
        return bool(self.register.values.get("is_withdrawn") and not was)


Winners = dict[str, Candidate]


@dataclass
class _Merge:
    """The merge of the run's statements into what is stored, under way."""

    values: dict[str, Any]
    versions: dict[str, UUID]
    absent: UUID
    outcomes: set[Outcome] = field(default_factory=set)

    def take(self, column: str, candidate: Candidate) -> None:
        """Apply a column unless what is held of it is newer."""
        value, held = candidate.values[column], self.versions.get(column, NEVER)
        if candidate.version < max(held, self.absent):
            self.outcomes.add(Outcome.OLDER)
            return
        if value != self.values.get(column):
            self.outcomes.add(Outcome.UPDATED)
        self.values[column] = value
        self.versions[column] = candidate.version


def decide(
    candidates: Iterable[Candidate],
    *,
    stored: Register | None,
    absent: UUID = NEVER,
    holds: bool = False,
) -> Decision:
    """Decide one key: `candidates` are its rows in the run, `stored` its row now.

    `absent` is the newest complete file that does not hold the key: of the run, or of
    the race where the key is not stored. With `holds`, a stored value that another
    file contradicts stays.
    """
    ranked = sorted(candidates, key=lambda c: (c.version, c.row_number), reverse=True)
    winners = _winners(ranked)
    held = (stored or Register({}, {})).since(absent)
    merge = _Merge(dict(held.values), dict(held.versions), held.absent)
    contested = _contested(winners, held=held) if holds else False
    for column, candidate in winners.items():
        if contested and column in held.versions:
            merge.outcomes.add(Outcome.HELD)
        else:
            merge.take(column, candidate)
    register = _register(merge, ranked=ranked, stored=stored)
    disputes = [
        *_among(ranked, winners),
        *_with_store(winners, stored=stored, is_held=contested),
    ]
    return Decision(
        outcome=_outcome(merge, register, stored=stored),
        stored=stored,
        register=register,
        disputes=tuple(disputes),
        read=len(ranked),
    )


def _winners(ranked: list[Candidate]) -> Winners:
    winners: Winners = {}
    for candidate in ranked:
        for column in candidate.values:
            winners.setdefault(column, candidate)
    return winners


def _contested(winners: Winners, *, held: Register) -> bool:
    """Whether another, newer file contradicts a stored value."""
    return any(
        held.versions.get(column, c.version) < c.version
        and c.values[column] != held.values[column]
        and column not in UNDISPUTED
        and not c.is_manual
        for column, c in winners.items()
    )


def _register(
    merge: _Merge, *, ranked: list[Candidate], stored: Register | None
) -> Register | None:
    """Give the merged row; None where nothing that still counts was said of it."""
    is_living = bool(merge.versions) or (
        any(c.version >= merge.absent for c in ranked)
        if stored is None
        else stored.versions == {}
    )
    if not is_living:
        return None
    return Register(merge.values, merge.versions, merge.absent)


def _outcome(
    merge: _Merge, register: Register | None, *, stored: Register | None
) -> Outcome:
    if stored is None and register:
        return Outcome.INSERTED
    if register is None:
        return Outcome.OLDER
    for outcome in (Outcome.UPDATED, Outcome.HELD):
        if outcome in merge.outcomes:
            return outcome
    is_stale = Outcome.OLDER in merge.outcomes and stored == register
    return Outcome.OLDER if is_stale else Outcome.UNCHANGED


def _among(ranked: list[Candidate], winners: Winners) -> Iterable[Dispute]:
    """Give where rows of the run lost to others that say something else."""
    for loser in ranked[1:]:
        against: dict[int, dict[str, tuple[Any, Any]]] = {}
        by_id = {id(winner): winner for winner in winners.values()}
        for column, value in loser.values.items():
            winner = winners[column]
            if value != winner.values[column] and column not in UNDISPUTED:
                fields = against.setdefault(id(winner), {})
                fields[column] = (value, winner.values[column])
        for key, fields in against.items():
            winner = by_id[key]
            yield Dispute(
                older_version=loser.version,
                newer_version=winner.version,
                older_row=loser.row_number,
                newer_row=winner.row_number,
                fields=fields,
                is_edit=winner.is_manual,
            )


def _with_store(
    winners: Winners, *, stored: Register | None, is_held: bool
) -> Iterable[Dispute]:
    """Give where two files give a column different values, whoever wins."""
    if stored is None:
        return
    against: dict[tuple[UUID, int, UUID], dict[str, tuple[Any, Any]]] = {}
    for column, candidate in winners.items():
        version = stored.versions.get(column)
        value, kept = candidate.values[column], stored.values.get(column)
        if version in (None, candidate.version) or column in UNDISPUTED:
            continue
        if value != kept:
            side = (candidate.version, candidate.row_number, version)
            against.setdefault(side, {})[column] = (kept, value)
    for (incoming, row_number, version), fields in against.items():
        if incoming > version:
            yield Dispute(
                version,
                incoming,
                0,
                row_number,
                fields,
                is_older_in_force=is_held,
                is_edit=incoming >= MANUAL_FROM,
            )
        else:
            turned = {c: (value, kept) for c, (kept, value) in fields.items()}
            yield Dispute(incoming, version, row_number, 0, turned)
