"""Filters of the list of conflicts: by race, by column, by the pair of files."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, F, Func, Q, QuerySet
from django.http import HttpRequest

from imports.models import Conflict, SourceFile
from races.models import Race

#: Races that the filter names; any other is found by its number in the address.
NAMED_RACES = 10
#: The columns that are offered are those of so many of the newest conflicts.
CONFLICTS_LOOKED_AT = 5_000
PAIRS_SHOWN = 10


class RaceFilter(admin.SimpleListFilter):
    """Conflicts of one race: those with most are named, the chosen one always."""

    title = "race"
    parameter_name = "race"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counted = Conflict.objects.filter(race__isnull=False).order_by().values("race")
        most = counted.annotate(number=Count("pk")).order_by("-number", "race")
        ids = [row["race"] for row in most[:NAMED_RACES]]
        chosen = self._chosen()
        if chosen and chosen not in ids:
            ids.append(chosen)
        races = Race.objects.select_related("meeting").in_bulk(ids)
        return [(str(pk), str(races.get(pk, f"Race {pk}"))) for pk in ids]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() is None:
            return None
        chosen = self._chosen()
        return queryset.filter(race=chosen) if chosen else queryset.none()

    def _chosen(self) -> int | None:
        text = self.used_parameters.get(self.parameter_name) or ""
        return int(text) if text.isdecimal() and len(text) < 19 else None


class FieldFilter(admin.SimpleListFilter):
    """Conflicts on one column."""

    title = "field"
    parameter_name = "field"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Conflict.objects.order_by("-pk").values("pk")[:CONFLICTS_LOOKED_AT]
        columns = (
            Conflict.objects.filter(pk__in=newest)
            .annotate(column=Func(F("fields"), function="jsonb_object_keys"))
            .order_by("column")
            .values_list("column", flat=True)
            .distinct()
        )
        found = list(columns)
        chosen = self.used_parameters.get(self.parameter_name)
        if chosen and chosen not in found:
            found.append(chosen)
        return [(column, column) for column in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        column = self.value()
        if column is None:
            return None
        return (
            queryset.none()
            if "\0" in column
            else queryset.filter(fields__has_key=column)
        )


class PairFilter(admin.SimpleListFilter):
    """Conflicts between two files; chosen in the table above the list."""

    title = "pair of files"
    parameter_name = "pair"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        text = self.used_parameters.get(self.parameter_name)
        if not text:
            return []
        versions = _pair(text)
        if not versions:
            return [(text, "no such pair")]
        found = SourceFile.objects.filter(version__in=versions)
        names = dict(found.values_list("version", "name"))
        older, newer = (names.get(version, "unknown file") for version in versions)
        return [(text, f"{older} and {newer}")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        text = self.value()
        if text is None:
            return None
        versions = _pair(text)
        if not versions:
            return queryset.none()
        return queryset.filter(older_version=versions[0], newer_version=versions[1])


def _pair(text: str) -> tuple[UUID, UUID] | None:
    older, _, newer = text.partition("-")
    try:
        return UUID(hex=older), UUID(hex=newer)
    except ValueError:
        return None


def file_pairs(conflicts: QuerySet[Conflict]) -> list[dict[str, Any]]:
    """Give the pairs of files that disagree most, and who was right so far."""
    pairs = conflicts.order_by().values("source", "older_version", "newer_version")
    most = pairs.annotate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state=Conflict.State.OPEN)),
        older_chosen=Count("pk", filter=Q(chosen=Conflict.Side.OLDER)),
        newer_chosen=Count("pk", filter=Q(chosen=Conflict.Side.NEWER)),
    )
    return [
        {**pair, "key": f"{pair['older_version'].hex}-{pair['newer_version'].hex}"}
        for pair in most.order_by("-total", "older_version")[:PAIRS_SHOWN]
    ]
