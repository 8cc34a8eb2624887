"""The page of a row that names, for each of its values, the file it came from."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from ingestion_site.lib.read_only_admin import Fact, PageAdmin
from races.models import Versioned


class VersionedPageAdmin(PageAdmin):
    """Gives the page's template every version on it, to be resolved in one query."""

    change_form_template = "admin/races/page.html"

    def source_of(self, obj: Any) -> str:
        """Give the source in which the versions of the page are unique."""
        return str(obj.source)

    def tables(self, obj: Any) -> dict[str, Any]:
        """Give the rows below the facts, by the name that the template uses."""
        return {}

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        tables = self.tables(obj)
        rows = [row for table in tables.values() for row in table]
        return {
            **tables,
            "source": self.source_of(obj),
            "versions": versions_of([obj, *rows]),
        }


def attribute_facts(obj: Any) -> list[Fact]:
    """Give what files say of the row beyond its columns."""
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, value in obj.attributes.items()
    ]


def versions_of(rows: Iterable[Any]) -> set[UUID]:
    """Give every version that the rows carry, those of single columns too."""
    versions = set()
    for row in rows:
        versions.add(row.version)
        if isinstance(row, Versioned):
            versions |= {UUID(version) for version in row.column_versions}
    return versions
