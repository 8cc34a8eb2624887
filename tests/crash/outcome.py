"""What an import has come to, so that two can be compared: one broken, one not.

Tables as values and versions, what the checkpoints say was inserted and updated, the
conflicts and the revisions. Nothing in it depends on ids, times or numbers of runs.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from imports.models import (
    Conflict,
    ImportRun,
    LapRevision,
    RaceCheckpoint,
    RowRevision,
)
from races.models import Entrant
from tests import state

#: What a race's transactions did to the tables; the rest of the counts is reading.
APPLIED = ("inserted", "updated")


@dataclass
class Outcome:
    """All that an import leaves behind, of one source."""

    tables: dict[str, Counter[tuple[str, ...]]]
    #: Rows that the checkpoints account for, by race and what was done to them.
    applied: Counter[tuple[str, str]]
    conflicts: Counter[tuple[str, ...]]
    revisions: Counter[tuple[str, ...]]


@dataclass
class Differences:
    """How one outcome is not another."""

    lost: int = 0
    doubled: int = 0
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.notes)

    def add(self, what: str, expected: Counter[Any], found: Counter[Any]) -> None:
        """Compare two bags: what is missing is lost, what is over is doubled."""
        missing, over = expected - found, found - expected
        self.lost += missing.total()
        self.doubled += over.total()
        for word, bag in (("lost", missing), ("more", over)):
            if bag:
                key, number = next(iter(sorted(bag.items(), key=str)))
                self.notes.append(
                    f"{what}: {bag.total()} {word}, such as {number} of {key}"
                )


def outcome_of(source: str) -> Outcome:
    """Read what the imports of a source have come to."""
    return Outcome(
        tables={name: _bag(rows) for name, rows in state.tables(source).items()},
        applied=_applied(source),
        conflicts=_conflicts(source),
        revisions=_revisions(source),
    )


def differences(expected: Outcome, found: Outcome) -> Differences:
    """Say how the import that was broken differs from the one that was not."""
    result = Differences()
    for name, rows in expected.tables.items():
        result.add(name, rows, found.tables[name])
    result.add("accounted for", expected.applied, found.applied)
    result.add("conflicts", expected.conflicts, found.conflicts)
    result.add("revisions", expected.revisions, found.revisions)
    return result


def leftovers(source: str) -> list[str]:
    """Give what an import that is over must not leave: open runs, races, staging."""
    runs = ImportRun.objects.filter(source=source)
    notes = [f"{run} is still {run.state}" for run in runs.unfinished()]
    claimed = RaceCheckpoint.objects.filter(
        Q(state="claimed") | Q(state="waiting"), run__source=source
    )
    notes += [f"{race} is still {race.state}" for race in claimed]
    mine = {str(pk) for pk in runs.values_list("pk", flat=True)}
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    staged = [name.split("_") for name in tables if name.startswith("imports_staged_")]
    notes += [
        f"staging of run {parts[3]} is left" for parts in staged if parts[3] in mine
    ]
    return notes


def _bag(rows: Iterable[Iterable[Any]]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(map(str, row)) for row in rows)


def _applied(source: str) -> Counter[tuple[str, str]]:
    done = RaceCheckpoint.objects.filter(run__source=source, state="done")
    applied: Counter[tuple[str, str]] = Counter()
    for race in done:
        for name in APPLIED:
            applied[f"{race.meeting_key}/{race.race_key}", name] += getattr(
                race.row_counts, name
            )
    runs = ImportRun.objects.filter(source=source, shared_rows__isnull=False)
    for shared in runs.values_list("shared_rows", flat=True):
        for name in APPLIED:
            applied["shared", name] += shared["rows"].get(name, 0)
    return +applied


def _conflicts(source: str) -> Counter[tuple[str, ...]]:
    found = Conflict.objects.filter(source=source).values_list(
        "kind",
        "meeting_key",
        "race_key",
        "key",
        "number",
        "older_version",
        "newer_version",
        "older_row",
        "newer_row",
        "fields",
        "rule",
        "state",
    )
    return _bag(found)


def _revisions(source: str) -> Counter[tuple[str, ...]]:
    names = {
        pk: f"{meeting}/{race}/{key}"
        for pk, meeting, race, key in Entrant.objects.filter(
            race__meeting__source=source
        ).values_list("pk", "race__meeting__key", "race__key", "key")
    }
    own = [
        f.name
        for f in LapRevision._meta.concrete_fields
        if f.name not in ("id", "checkpoint", "entrant_id")
    ]
    laps = LapRevision.objects.filter(checkpoint__run__source=source)
    bag = _bag(
        ("lap", names.get(entrant, "gone"), *rest)
        for entrant, *rest in laps.values_list("entrant_id", *own)
    )
    rows = RowRevision.objects.filter(run__source=source)
    return bag + _bag(
        ("row", kind, before.get("key"), before.get("version"), is_deleted)
        for kind, before, is_deleted in rows.values_list("kind", "before", "is_deleted")
    )
