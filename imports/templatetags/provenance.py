"""Versions -> the files they name: one query a page, whatever it shows."""

from collections.abc import Iterable
from uuid import UUID

from django import template

from imports.models import SourceFile
from ingestion_site.lib import cells
from races.models import ZERO_VERSION

register = template.Library()

Files = dict[UUID, SourceFile]


@register.simple_tag
def source_files(source: str, versions: Iterable[UUID]) -> Files:
    """Give the files of a source by version."""
    files = SourceFile.objects.filter(source=source, version__in=list(versions))
    return {file.version: file for file in files.only("version", "name")}


@register.filter
def file_of(files: Files, version: UUID | str) -> str:
    """Give a link to the file that a version names."""
    key = UUID(version) if isinstance(version, str) else version
    if key == ZERO_VERSION:
        return "implied"
    file = files.get(key)
    return cells.link(file, file.name) if file else f"unknown file {key}"
