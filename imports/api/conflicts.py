"""Conflicts as JSON: both sides with their files, and which is in force by what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from imports import changes
from imports.api.provenance import files_of
from imports.api.resolve import SettlesConflicts
from imports.models import Conflict
from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import text
from ingestion_site.lib.pagination import NewestFirstPagination
from races.api.serializers import FileOfRow, Related


class FieldFilter(ValueFilter):
    """Conflicts on one column."""

    def __init__(self) -> None:
        super().__init__(
            "fields", "has_key", kind=text(200), about="A column that differs."
        )


class ConflictFilter(ColumnFilterSet):
    columns: ClassVar = {
        "source": Column("source", "Whose data it is"),
        "run": Column("run_id", "The run that met it first, by id"),
        "race": Column("race_id", "The race, by id"),
        "meeting_key": Column("meeting_key", "The key of the meeting"),
        "race_key": Column("race_key", "The key of the race"),
        "key": Column("key", "The key of the entrant or the shared row"),
        "number": Column("number", "The number of the lap or the stop"),
        "kind": Column("kind", "What disagrees (lap, entrant, pit_stop, …)"),
        "state": Column("state", "What became of it"),
        "rule": Column("rule", "The rule that put a side in force"),
        "created_at": Column("created_at", "When it was met"),
        "settled_at": Column("settled_at", "When a person settled it"),
    }
    field = FieldFilter()

    class Meta:
        model = Conflict


@dataclass
class Side:
    """One of the two statements of a conflict."""

    source: str
    version: UUID
    row: int | None
    values: dict[str, Any]

    @classmethod
    def older(cls, conflict: Conflict) -> "Side":
        """Give the statement of the lower version."""
        values = {column: sides[0] for column, sides in conflict.fields.items()}
        c = conflict
        return cls(c.source, c.older_version, c.older_row or None, values)

    @classmethod
    def newer(cls, conflict: Conflict) -> "Side":
        """Give the statement of the higher version."""
        values = {column: sides[1] for column, sides in conflict.fields.items()}
        c = conflict
        return cls(c.source, c.newer_version, c.newer_row or None, values)


class SideDetail(serializers.Serializer):
    """What one side says of the columns that differ, and where."""

    file = FileOfRow()
    row = serializers.IntegerField(
        allow_null=True, help_text="As a spreadsheet counts; null where not known."
    )
    values = serializers.DictField(
        help_text="Column to value; references are keys, times milliseconds."
    )


@extend_schema_field(SideDetail)
class SideOfConflict(serializers.Field):
    """A side of the conflict itself, not of one of its columns."""

    def __init__(self, side: Callable[[Conflict], Side]) -> None:
        self._side = side
        super().__init__(source="*", read_only=True)

    def to_representation(self, conflict: Conflict) -> Any:
        """Give what the side says."""
        return SideDetail(self._side(conflict), context=self.context).data


class ConflictDetail(serializers.ModelSerializer):
    older = SideOfConflict(Side.older)
    newer = SideOfConflict(Side.newer)
    settled_by: Related = serializers.SlugRelatedField(
        "username", read_only=True, allow_null=True
    )

    class Meta:
        model = Conflict
        fields = [
            "id",
            "source",
            "run",
            "race",
            "kind",
            "meeting_key",
            "race_key",
            "key",
            "number",
            "state",
            "rule",
            "in_force",
            "older",
            "newer",
            "chosen",
            "settled_at",
            "settled_by",
            "note",
            "created_at",
        ]
        extra_kwargs = {
            "in_force": {"help_text": "The side in force when they met."},
            "chosen": {"help_text": "The side that a person chose; empty: nobody did."},
        }


class ConflictViewSet(SettlesConflicts, ReadOnlyModelViewSet):
    """Where two files say different things of one row, the newest first."""

    queryset: QuerySet[Conflict] = Conflict.objects.select_related("settled_by")
    serializer_class = ConflictDetail
    filterset_class = ConflictFilter
    touched = staticmethod(changes.touched_records)
    pagination_class = NewestFirstPagination

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer:
        """Give the serializer of a row, or of many, with the files of both sides."""
        rows: Sequence[Conflict] = []
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
        sides = [side(row) for row in rows for side in (Side.older, Side.newer)]
        context = kwargs.pop("context", None) or self.get_serializer_context()
        return self.get_serializer_class()(
            *args, context={**context, "files": files_of(sides)}, **kwargs
        )
