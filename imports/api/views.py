"""What can be read over HTTP: querysets, serializers and filters, nothing else."""

from django.db.models import F, Prefetch, QuerySet
from rest_framework.mixins import ListModelMixin
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from imports import changes
from imports.api import filters, serializers
from imports.api.provenance import NamesFiles
from imports.models import ImportRun, Rejection, SourceFile
from ingestion_site.lib.api_access import ORIGINAL_ROWS
from ingestion_site.lib.pagination import NewestFirstPagination
from races import changes as race_changes
from races.api import filters as race_filters
from races.api import serializers as race_serializers
from races.api.etags import TagsItself, TagsRace
from races.api.pagination import LapPagination
from races.models import Entrant, Lap, Meeting, PitStop, Race
from stats.api.changes import touched_races_with_stats
from stats.api.filters import RaceWithStatsFilter
from stats.api.serializers import RaceWithStats
from stats.models import RaceWarning


def _unread(*relations: str) -> list[str]:
    """Name the JSON of rows that are shown in brief: it costs more than the rest."""
    return [
        relation + column
        for relation in relations
        for column in ("attributes", "column_versions")
    ]


class MeetingViewSet(NamesFiles, ReadOnlyModelViewSet):
    """Meetings: one venue, one programme of races."""

    queryset = Meeting.objects.select_related("venue").defer(
        *_unread("venue__"), "column_versions"
    )
    serializer_class = race_serializers.MeetingDetail
    filterset_class = race_filters.MeetingFilter
    touched = staticmethod(race_changes.touched_meetings)


class RaceViewSet(TagsItself, NamesFiles, ReadOnlyModelViewSet):
    """Races, with what their laps add up to, whether all are there, and warnings."""

    queryset = (
        Race.objects.select_related(
            "meeting",
            "stats__fastest_lap_entrant__competitor",
            "stats__winner__competitor",
        )
        .defer(
            *_unread(
                "meeting__",
                "stats__fastest_lap_entrant__",
                "stats__fastest_lap_entrant__competitor__",
                "stats__winner__",
                "stats__winner__competitor__",
            ),
            "column_versions",
        )
        .prefetch_related(
            Prefetch("warnings", queryset=RaceWarning.objects.order_by("code"))
        )
        .annotate(source=F("meeting__source"), changed_at=race_changes.changed_at())
    )
    serializer_class = RaceWithStats
    filterset_class = RaceWithStatsFilter
    touched = staticmethod(touched_races_with_stats)


class EntrantViewSet(TagsRace, NamesFiles, ReadOnlyModelViewSet):
    """Entrants of races, with their results."""

    queryset = (
        Entrant.objects.with_names()
        .select_related("race")
        .defer(*_unread("race__", "competitor__", "team__"), "column_versions")
        .annotate(source=F("race__meeting__source"))
    )
    serializer_class = race_serializers.EntrantDetail
    filterset_class = race_filters.EntrantFilter
    touched = staticmethod(race_changes.touched_entrants)


class LapViewSet(TagsRace, NamesFiles, ListModelMixin, GenericViewSet):
    """Laps, in the order of entrant and number; a page holds those of a whole race."""

    queryset = Lap.objects.annotate(
        race=F("entrant__race"), source=F("entrant__race__meeting__source")
    ).values_list(
        "source",
        "version",
        *race_serializers.LapDetail.COLUMNS,
        named=True,
    )
    serializer_class = race_serializers.LapDetail
    filterset_class = race_filters.LapFilter
    touched = staticmethod(race_changes.touched_laps)
    pagination_class = LapPagination


class PitStopViewSet(TagsRace, NamesFiles, ReadOnlyModelViewSet):
    """Pit stops of entrants."""

    queryset = (
        PitStop.objects.select_related("entrant__competitor")
        .defer(*_unread("entrant__", "entrant__competitor__"), "column_versions")
        .annotate(source=F("entrant__race__meeting__source"))
    )
    serializer_class = race_serializers.PitStopDetail
    filterset_class = race_filters.PitStopFilter
    touched = staticmethod(race_changes.touched_stops)


class FileViewSet(ReadOnlyModelViewSet):
    """Source files that were taken in, the newest first."""

    queryset = SourceFile.objects.all()
    serializer_class = serializers.FileDetail
    filterset_class = filters.FileFilter
    touched = staticmethod(changes.touched_records)
    pagination_class = NewestFirstPagination


class RunViewSet(ReadOnlyModelViewSet):
    """Attempts to import files, the newest first; one alone tells of its files."""

    queryset = ImportRun.objects.with_race_counts().select_related("requested_by")
    filterset_class = filters.RunFilter
    touched = staticmethod(changes.touched_runs)
    pagination_class = NewestFirstPagination

    def get_queryset(self) -> QuerySet[ImportRun]:
        """Fetch the files of a run that is shown alone."""
        runs: QuerySet[ImportRun] = super().get_queryset()
        return runs.prefetch_related("run_files__source_file") if self.detail else runs

    def get_serializer_class(self) -> type[BaseSerializer]:
        """Show files where the run stands alone."""
        return serializers.RunDetail if self.detail else serializers.RunBrief


class RejectionViewSet(ReadOnlyModelViewSet):
    """Rows of files that were refused, with the reason and their original text."""

    access = {"list": ORIGINAL_ROWS, "retrieve": ORIGINAL_ROWS}
    queryset = Rejection.objects.select_related("source_file", "corrected_by")
    serializer_class = serializers.RejectionDetail
    filterset_class = filters.RejectionFilter
    touched = staticmethod(changes.touched_records)
