"""Filters of the list of conflicts: by source, race, column, the pair of files."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, F, Func, Q, QuerySet
from django.http import HttpRequest

from imports.models import Conflict, SourceFile
from races.models import Race

#: Races that the filter names; any other is found by its number in the address.
NAMED_RACES = 10
#: Sources that the filter names; any other is found by its name in the address.
NAMED_SOURCES = 10
#: The columns that are offered are those of so many of the newest conflicts.
CONFLICTS_LOOKED_AT = 5_000
PAIRS_SHOWN = 10
#: What names a pair of files.
SIDES = ("source", "older_version", "newer_version")


class RaceFilter(admin.SimpleListFilter):
    """Conflicts of one race: those with most are named, the chosen one always."""

    title = "race"
    parameter_name = "race"

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # They depend on the other filters, which stand only once the list does.
        return []

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        self.lookup_choices = [*self._named(changelist)]
        return super().choices(changelist)

    def _named(self, changelist: ChangeList) -> list[tuple[str, str]]:
        """Give the races with most of the conflicts that the other filters leave."""
        others = changelist.queryset
        if self.value() is not None:
            others = changelist.get_queryset(
                self.request, exclude_parameters=self.expected_parameters()
            )
        found = others.filter(race__isnull=False)
        counted = found.order_by().values("race").annotate(number=Count("pk"))
        most = counted.order_by("-number", "race")[:NAMED_RACES]
        ids = [row["race"] for row in most]
        chosen = self._chosen()
        if chosen and chosen not in ids:
            ids.append(chosen)
        races = Race.objects.select_related("meeting").in_bulk(ids)
        return [(str(pk), _race_name(races.get(pk), pk)) for pk in ids]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() is None:
            return None
        chosen = self._chosen()
        return queryset.filter(race=chosen) if chosen else queryset.none()

    def _chosen(self) -> int | None:
        text = self.used_parameters.get(self.parameter_name) or ""
        return int(text) if text.isdecimal() and len(text) < 19 else None


def _race_name(race: Race | None, pk: int) -> str:
    return f"{race} ({race.meeting.source})" if race else f"Race {pk}"


class SourceFilter(admin.SimpleListFilter):
    """Conflicts of one source: those with most are named, the chosen one always."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counted = Conflict.objects.order_by().values("source")
        most = counted.annotate(number=Count("pk")).order_by("-number", "source")
        names = [row["source"] for row in most[:NAMED_SOURCES]]
        chosen = self.used_parameters.get(self.parameter_name)
        if chosen and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        source = self.value()
        if source is None:
            return None
        return queryset.none() if "\0" in source else queryset.filter(source=source)


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
        pair = _pair(text)
        if not pair:
            return [(text, "no such pair")]
        source, *versions = pair
        found = SourceFile.objects.filter(source=source, version__in=versions)
        names = dict(found.values_list("version", "name"))
        older, newer = (names.get(version, "unknown file") for version in versions)
        return [(text, f"{older} and {newer} ({source})")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        text = self.value()
        if text is None:
            return None
        pair = _pair(text)
        if not pair:
            return queryset.none()
        source, older, newer = pair
        return queryset.filter(source=source, older_version=older, newer_version=newer)


def _pair(text: str) -> tuple[str, UUID, UUID] | None:
    """Read a pair's key; versions alone would not do, for sources share them."""
    older, newer, source = [*text.split("-", 2), "", ""][:3]
    try:
        versions = UUID(hex=older), UUID(hex=newer)
    except ValueError:
        return None
    return (source, *versions) if source and "\0" not in source else None


def pair_key(*, source: str, older_version: UUID, newer_version: UUID) -> str:
    """Give how an address names a pair of files."""
    return f"{older_version.hex}-{newer_version.hex}-{source}"


def file_pairs(conflicts: QuerySet[Conflict]) -> list[dict[str, Any]]:
    """Give the pairs of files that disagree most, and who was right so far."""
    pairs = conflicts.order_by().values(*SIDES)
    most = pairs.annotate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state=Conflict.State.OPEN)),
        older_chosen=Count("pk", filter=Q(chosen=Conflict.Side.OLDER)),
        newer_chosen=Count("pk", filter=Q(chosen=Conflict.Side.NEWER)),
    )
    found = most.order_by("-total", "older_version", "source")[:PAIRS_SHOWN]
    return [{**pair, "key": pair_key(**{n: pair[n] for n in SIDES})} for pair in found]
