"""Build all documents and write them, beside any number of others that do the same.

What stands in a document when this returns was read after it was called, by this call
or by another one: no older figures are ever written over newer ones. Versions are read
first, then the figures, and these are written over just those versions. Where another
was faster, the figures are read once more. Where a second one was faster, it began after
this call did, and what it wrote is at least as new: then there is nothing left to do.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from races.models import Meeting
from stats.documents.document import Chosen, Document, DocumentKind
from stats.documents.leaderboards import (
    COMPETITOR_STANDINGS,
    FASTEST_LAPS,
    TEAM_STANDINGS,
)
from stats.documents.summaries import SEASON_SUMMARY
from stats.errors import SnapshotInvalid
from stats.models import StatSnapshot
from stats.snapshots import SnapshotWrite, atomic_upsert_snapshots, scope_of
from stats.snapshots.checks import checked_json

KINDS = (COMPETITOR_STANDINGS, TEAM_STANDINGS, FASTEST_LAPS, SEASON_SUMMARY)

#: Documents of one statement.
ROWS_AT_ONCE = 15
#: Who lost twice lost to one that began later.
ROUNDS = 2

Versions = Mapping[str, int]


@dataclass
class Refreshed:
    """What became of the documents."""

    written: list[StatSnapshot] = field(default_factory=list)
    #: Keys of those that another call wrote, from figures that are as new.
    by_others: list[tuple[str, str]] = field(default_factory=list)
    #: Those that cannot be written, with the reason.
    refused: list[tuple[str, str, str]] = field(default_factory=list)


def is_known(chosen: Chosen) -> bool:
    """Whether there are meetings of the choice, or documents of some that are gone."""
    meetings = Meeting.objects.all()
    if chosen.source is not None:
        meetings = meetings.filter(source=chosen.source)
    if chosen.season is not None:
        meetings = meetings.filter(season=chosen.season)
    is_all = chosen == Chosen()
    return (
        is_all
        or meetings.exists()
        or any(_stored(kind, chosen).exists() for kind in KINDS)
    )


def refresh_snapshots(chosen: Chosen) -> Refreshed:
    """Write the documents of all kinds, of one source or season if so chosen."""
    result = Refreshed()
    for kind in KINDS:
        _refresh(kind, chosen, result)
    return result


def _refresh(kind: DocumentKind, chosen: Chosen, result: Refreshed) -> None:
    stale: Collection[str] | None = None
    for _ in range(ROUNDS):
        versions = _versions(kind)
        documents = _documents(kind, chosen, only=stale)
        stale = _write(kind, documents, versions=versions, result=result)
        if not stale:
            return
    result.by_others += [(scope, kind.stats_type) for scope in sorted(stale or ())]


def _versions(kind: DocumentKind) -> Versions:
    held = StatSnapshot.objects.filter(stats_type=kind.stats_type)
    return dict(held.values_list("scope", "version"))


def _documents(
    kind: DocumentKind, chosen: Chosen, *, only: Collection[str] | None
) -> Iterator[Document]:
    """Give the documents that the rows give, and those of which nothing is left."""
    given = set()
    for document in kind.read(chosen):
        given.add(document.scope)
        if only is None or document.scope in only:
            yield document
    for held in _stored(kind, chosen).exclude(scope__in=given).iterator():
        if only is None or held.scope in only:
            about = {name: held.data.get(name) for name in kind.named}
            yield Document(held.scope, {**about, **kind.empty})


def _stored(kind: DocumentKind, chosen: Chosen) -> QuerySet[StatSnapshot]:
    """Give the stored documents that the choice is about."""
    stored = StatSnapshot.objects.filter(stats_type=kind.stats_type)
    if chosen.season is not None and not kind.has_seasons:
        # Which venues had a meeting in a season that is gone, nobody knows.
        return stored.none()
    if chosen.source is not None:
        stored = stored.filter(scope__startswith=f"{scope_of(chosen.source)}/")
    if chosen.season is not None:
        stored = stored.filter(data__season=chosen.season)
    return stored


def _write(
    kind: DocumentKind,
    documents: Iterator[Document],
    *,
    versions: Versions,
    result: Refreshed,
) -> set[str]:
    """Write over the versions that were read; give the scopes where others were faster."""
    stale: set[str] = set()
    writes = _sound(kind, documents, versions=versions, result=result)
    while batch := list(islice(writes, ROWS_AT_ONCE)):
        done = atomic_upsert_snapshots(batch)
        result.written += [_without_data(snapshot) for snapshot in done.written]
        stale |= {error.scope for error in done.stale}
    return stale


def _sound(
    kind: DocumentKind,
    documents: Iterable[Document],
    *,
    versions: Versions,
    result: Refreshed,
) -> Iterator[SnapshotWrite]:
    """Give what can be written; one that cannot keeps no other from it."""
    for document in documents:
        try:
            checked_json(document.data)
        except SnapshotInvalid as error:
            result.refused.append((document.scope, kind.stats_type, str(error)))
            continue
        expected = versions.get(document.scope, 0)
        yield SnapshotWrite(document.scope, kind.stats_type, document.data, expected)


def _without_data(snapshot: StatSnapshot) -> StatSnapshot:
    """Keep of what was written only what is told."""
    empty: dict[str, Any] = {}
    snapshot.data = empty
    return snapshot
