"""The filters of the records of ingestion, and those of races that ask for them."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet

from imports.models import Conflict, ImportRun, Rejection, SourceFile
from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import TRUTH
from races.api.filters import EntrantFilter, LapFilter
from stats.api.filters import RaceWithStatsFilter


class FileFilter(ColumnFilterSet):
    columns: ClassVar = {
        "source": Column("source", "Whose data it is"),
        "name": Column("name", "The name, as the client called it"),
        "kind": Column("kind", "A file, or a person's edit (manual)"),
        "sha256": Column("sha256", "The sha256 of its bytes, hexadecimal"),
        "layout": Column("layout", "The layout it was read by"),
        "is_complete": Column("is_complete", "It holds all rows of its races"),
        "size_bytes": Column("size_bytes", "The size in bytes"),
        "priority": Column("priority", "The priority"),
        "observed_at": Column("observed_at", "When the data was true"),
        "registered_at": Column("registered_at", "When it was taken in"),
        "imported_at": Column("imported_at", "When all of it was first imported"),
    }

    class Meta:
        model = SourceFile


class RunFilter(ColumnFilterSet):
    columns: ClassVar = {
        "source": Column("source", "Whose data it imports"),
        "kind": Column("kind", "An import, a person's edit or a revert"),
        "trigger": Column("trigger", "What started it"),
        "state": Column("state", "The state"),
        "is_paused": Column("is_paused", "Whether a person has paused it"),
        "created_at": Column("created_at", "When it was made"),
        "started_at": Column("started_at", "When it started"),
        "finished_at": Column("finished_at", "When it was over"),
        "conflicts": Column("conflicts", "How many conflicts it met"),
        "removed": Column("removed", "How many rows complete files removed"),
    }

    class Meta:
        model = ImportRun


class IsSetFilter(ValueFilter):
    """Whether a row has something."""

    def __init__(self, field_name: str, about: str) -> None:
        super().__init__(field_name, "isnull", kind=TRUTH, about=about)

    def filter(self, queryset: QuerySet[Any], value: bool) -> QuerySet[Any]:
        """Keep such rows."""
        return queryset.filter(**{f"{self.field_name}__isnull": not value})


class RejectionFilter(ColumnFilterSet):
    columns: ClassVar = {
        "run": Column("run_id", "The run, by id"),
        "file": Column("source_file_id", "The file, by id"),
        "code": Column("code", "Why it was refused"),
        "column": Column("column", "The column that was refused"),
        "row_number": Column("row_number", "The row of the file"),
    }
    is_corrected = IsSetFilter("corrected_by", "Whether a file brought it again.")

    class Meta:
        model = Rejection


class ConflictsFilter(ValueFilter):
    """Whether two files disagree, whatever became of it."""

    def __init__(self, conflicts: QuerySet[Conflict], about: str) -> None:
        self.conflicts = conflicts
        super().__init__("pk", kind=TRUTH, about=about)

    def filter(self, queryset: QuerySet[Any], value: bool) -> QuerySet[Any]:
        """Keep such rows."""
        disputed = Exists(self.conflicts)
        return queryset.filter(disputed if value else ~disputed)


OF_ROW = "Whether files say different things of the row itself."


class RaceRowFilter(RaceWithStatsFilter):
    has_conflicts = ConflictsFilter(
        Conflict.objects.filter(race=OuterRef("pk")),
        "Whether files say different things of the race or of rows of it.",
    )
    has_open_conflicts = ConflictsFilter(
        Conflict.objects.filter(race=OuterRef("pk"), state="open"),
        "Whether such a conflict waits for a person.",
    )

    class Meta(RaceWithStatsFilter.Meta):
        pass


class EntrantRowFilter(EntrantFilter):
    has_conflicts = ConflictsFilter(
        Conflict.objects.filter(
            kind="entrant", race=OuterRef("race_id"), key=OuterRef("key")
        ),
        OF_ROW,
    )

    class Meta(EntrantFilter.Meta):
        pass


class LapRowFilter(LapFilter):
    has_conflicts = ConflictsFilter(
        Conflict.objects.filter(
            kind="lap",
            race=OuterRef("entrant__race_id"),
            key=OuterRef("entrant__key"),
            number=OuterRef("number"),
        ),
        OF_ROW,
    )

    class Meta(LapFilter.Meta):
        pass
