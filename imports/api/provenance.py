"""Which file each row came from: one query for a page of rows."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from rest_framework.generics import GenericAPIView
from rest_framework.serializers import BaseSerializer

from imports.models import SourceFile


class VersionedRow(Protocol):
    """A row that names its file: a version is unique within its source."""

    source: str
    version: UUID


Files = dict[tuple[str, UUID], dict[str, Any]]


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


class NamesFiles(GenericAPIView):
    """A view whose serializer finds the files of its rows in the context."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer:
        """Give the serializer of a row, or of many, with their files."""
        rows: Sequence[Any] = []
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
        context = kwargs.pop("context", None) or self.get_serializer_context()
        return self.get_serializer_class()(
            *args, context={**context, "files": files_of(rows)}, **kwargs
        )
