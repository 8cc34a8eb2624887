"""What can be read over HTTP: querysets, serializers and filters, nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet, TextField
from django.db.models.functions import Cast, Greatest
from rest_framework.mixins import ListModelMixin
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from imports import changes
from imports.api import filters, included, serializers
from imports.api.etags import TagsItself, TagsRace
from imports.api.provenance import (
    NamesFiles,
    Statement,
    context_of,
    disputes_of,
    origins_of,
)
from imports.api.runs import StartsRuns
from imports.api.uploads import TakesFiles
from imports.models import ImportRun, Rejection, SourceFile
from ingestion_site.lib.api_access import ORIGINAL_ROWS
from ingestion_site.lib.includes import IncludesSchema
from ingestion_site.lib.pagination import NewestFirstPagination
from races import changes as race_changes
from races.api import filters as race_filters
from races.api.pagination import LapPagination
from races.api.serializers import LapDetail, unread_of
from races.models import (
    Competitor,
    Entrant,
    Lap,
    Meeting,
    PitStop,
    Race,
    Team,
    Venue,
)
from stats.api.changes import touched_races_with_stats
from stats.models import RaceWarning


class RowViewSet(NamesFiles, ReadOnlyModelViewSet):
    """Rows of races, each with its file and run, and what is asked to be included."""

    schema = IncludesSchema()


class VenueViewSet(RowViewSet):
    """Venues: circuits, courses and tracks."""

    queryset = Venue.objects.defer("column_versions")
    serializer_class = included.VenueRow
    filterset_class = race_filters.VenueFilter
    includes = included.OF_SHARED
    touched = staticmethod(race_changes.touched_venues)


class TeamViewSet(RowViewSet):
    """Teams, stables and constructors."""

    queryset = Team.objects.defer("column_versions")
    serializer_class = included.TeamRow
    filterset_class = race_filters.TeamFilter
    includes = included.OF_SHARED
    touched = staticmethod(race_changes.touched_teams)


class CompetitorViewSet(RowViewSet):
    """Competitors: drivers, horses, dogs, riders and crews."""

    queryset = Competitor.objects.defer("column_versions")
    serializer_class = included.CompetitorRow
    filterset_class = race_filters.CompetitorFilter
    includes = included.OF_SHARED
    touched = staticmethod(race_changes.touched_competitors)


class MeetingViewSet(RowViewSet):
    """Meetings: one venue, one programme of races."""

    queryset = Meeting.objects.select_related("venue").defer(
        *unread_of("venue__"), "column_versions"
    )
    serializer_class = included.MeetingRow
    filterset_class = race_filters.MeetingFilter
    includes = included.OF_MEETINGS
    touched = staticmethod(race_changes.touched_meetings)


class RaceViewSet(TagsItself, RowViewSet):
    """Races, with what their laps add up to, whether all are there, and warnings."""

    queryset = (
        Race.objects.select_related(
            "meeting",
            "stats__fastest_lap_entrant__competitor",
            "stats__winner__competitor",
        )
        .defer(
            *unread_of(
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
    serializer_class = included.RaceRow
    filterset_class = filters.RaceRowFilter
    includes = included.OF_RACES
    touched = staticmethod(touched_races_with_stats)


class EntrantViewSet(TagsRace, RowViewSet):
    """Entrants of races, with their results."""

    queryset = (
        Entrant.objects.with_names()
        .select_related("race")
        .defer(*unread_of("race__", "competitor__", "team__"), "column_versions")
        .annotate(source=F("race__meeting__source"))
    )
    serializer_class = included.EntrantRow
    filterset_class = filters.EntrantRowFilter
    includes = included.OF_ENTRANTS
    touched = staticmethod(race_changes.touched_entrants)


class LapViewSet(TagsRace, NamesFiles, ListModelMixin, GenericViewSet):
    """Laps, in the order of entrant and number; a page holds those of a whole race.

    A lap has no address of its own: it is the one with `entrant` and `number`.
    """

    schema = IncludesSchema()
    queryset = Lap.objects.annotate(
        race=F("entrant__race"),
        source=F("entrant__race__meeting__source"),
        effective_version=Cast(
            Greatest("version", "entrant__race__laps_floor"), TextField()
        ),
    ).values_list(*LapDetail.COLUMNS, *LapDetail.PROVENANCE, named=True)
    serializer_class = included.LapRow
    filterset_class = filters.LapRowFilter
    touched = staticmethod(changes.touched_laps)
    pagination_class = LapPagination
    includes = (included.OF_LAPS,)

    def provenance(self, rows: Sequence[Any], *, includes: Any) -> dict[str, Any]:
        """Find the files and runs of laps, and who disagrees on them.

        Versions of laps are text: a thousand of them are compared in no time.
        """
        stated = {(row.source, row.effective_version, row.race) for row in rows}
        statements = [Statement(s, UUID(v), race) for s, v, race in stated]
        if includes:
            unlike = {included.versions_of_lap(row): row for row in rows}
            parts = (included.OF_LAPS.of_row(row) for row in unlike.values())
            statements += [statement for part in parts for statement in part]
        origins = origins_of(statements)
        return context_of(origins) | {
            "origins": {(s, str(v), race): o for (s, v, race), o in origins.items()},
            "conflicts": disputes_of({race for *_, race in stated}),
        }


class PitStopViewSet(TagsRace, RowViewSet):
    """Pit stops of entrants."""

    queryset = (
        PitStop.objects.select_related("entrant__competitor")
        .defer(*unread_of("entrant__", "entrant__competitor__"), "column_versions")
        .annotate(source=F("entrant__race__meeting__source"))
    )
    serializer_class = included.PitStopRow
    filterset_class = race_filters.PitStopFilter
    includes = included.OF_SHARED
    touched = staticmethod(race_changes.touched_stops)


class FileViewSet(TakesFiles, ReadOnlyModelViewSet):
    """Source files that were taken in, the newest first."""

    queryset = SourceFile.objects.all()
    serializer_class = serializers.FileDetail
    filterset_class = filters.FileFilter
    touched = staticmethod(changes.touched_records)
    pagination_class = NewestFirstPagination


class RunViewSet(StartsRuns, ReadOnlyModelViewSet):
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
