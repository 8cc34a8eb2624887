"""Where rows came from: their files, the runs that brought them, who disagrees.

A page of rows costs one query for its files and runs and one for the conflicts of its
laps, however many rows it has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from rest_framework.serializers import BaseSerializer

from imports import sql
from imports.models import SourceFile
from ingestion_site.lib.includes import Include, Includes
from races.api.serializers import race_of

#: Of the conflicts of one lap the one that a reader should know of first.
GRAVITY = ("ruled", "settled", "open")


class VersionedRow(Protocol):
    """A row that names its file: a version is unique within its source."""

    @property
    def source(self) -> str:
        """Whose data it is."""

    @property
    def version(self) -> UUID:
        """What it names the file by."""


Version = tuple[str, UUID]
Files = dict[Version, dict[str, Any]]


@dataclass(frozen=True)
class Statement:
    """A version and what it states of one row."""

    source: str
    version: UUID
    race_id: int | None
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Origin:
    """The file that states something, and the run that brought it."""

    file: dict[str, Any]
    run: int | None


Origins = dict[tuple[str, UUID, int | None], Origin]


def files_of(rows: Iterable[VersionedRow]) -> Files:
    """Find the files that the rows came from, by source and version."""
    sources, versions = set(), set()
    for row in rows:
        sources.add(row.source)
        versions.add(row.version)
    found = SourceFile.objects.filter(source__in=sources, version__in=versions)
    return {
        (source, version): {"id": pk, "name": name}
        for source, version, pk, name in found.values_list(
            "source", "version", "pk", "name"
        )
    }


def origins_of(statements: Iterable[Statement]) -> Origins:
    """Find the file and the run that brought each, by source, version and race."""
    wanted = {(s.source, s.version, s.race_id) for s in statements}
    if not wanted:
        return {}
    columns: dict[str, Any] = {
        "sources": [source for source, *_ in wanted],
        "versions": [version for _, version, _ in wanted],
        "races": [race for *_, race in wanted],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("origins"), columns)
        return {
            (source, version, race): Origin({"id": pk, "name": name}, run)
            for source, version, race, pk, name, run in cursor.fetchall()
        }


def disputes_of(races: set[int]) -> dict[tuple[int, int], str]:
    """Give the state of the gravest conflict of each lap that has any."""
    gravest: dict[tuple[int, int], str] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("disputed_laps"), {"races": list(races)})
        for entrant, number, state in cursor.fetchall():
            lap = (entrant, number)
            gravest[lap] = max(state, gravest.get(lap, state), key=GRAVITY.index)
    return gravest


class NamesFiles(Includes):
    """A view whose serializer finds the files and runs of its rows in the context."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer:
        """Give the serializer of a row, or of many, with their files."""
        context = kwargs.pop("context", None) or self.get_serializer_context()
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
            context |= self.provenance(rows, includes=context["includes"])
        return self.get_serializer_class()(*args, context=context, **kwargs)

    def provenance(self, rows: Sequence[Any], *, includes: Any) -> dict[str, Any]:
        """Find the files and runs of rows, and of the rows included in them."""
        return context_of(origins_of(statements_of(rows, includes=includes)))


def context_of(origins: Origins) -> dict[str, Any]:
    """Give what serializers look files and runs up in."""
    return {
        "files": {key[:2]: origin.file for key, origin in origins.items()},
        "runs": {key: origin.run for key, origin in origins.items()},
    }


def statements_of(
    rows: Iterable[Any], *, includes: Iterable[Include]
) -> Iterator[Statement]:
    """Give every version that is shown with the rows; rows in rows learn their source."""
    nested = [include for include in includes if include.is_versioned]
    for row in rows:
        yield Statement(row.source, row.version, race_of(row))
        for include in nested:
            held = include.of_row(row)
            for part in held if include.is_many else [held] if held else []:
                if isinstance(part, Statement):
                    yield part
                    continue
                part.source = row.source
                yield Statement(part.source, part.version, race_of(part))
