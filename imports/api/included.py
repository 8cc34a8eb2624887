"""What can be included in rows, and the rows with it."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from rest_framework import serializers

from imports.api.provenance import Statement
from imports.pipeline.registers.laps import ABSENT, Floor, register_of
from ingestion_site.lib.includes import HasIncluded, Include, included_field
from races.api import serializers as rows
from races.api.nested import EntrantOfRace, PitStopOfEntrant, RaceOfMeeting
from races.changes import changed_at
from races.models import Entrant, Lap, LapColumn, PitStop, Race
from stats.api.serializers import RaceWithStats
from stats.models import EntrantStats


class StatementDetail(serializers.Serializer):
    """A file, and the columns of the row that it decides."""

    file = rows.FileOfRow()
    run = rows.RunOfRow()
    columns = serializers.ListField(child=serializers.CharField())


def _decided(row: Any) -> list[Statement]:
    """Give the versions of a row with the columns that each decides."""
    race = rows.race_of(row)
    found = {
        UUID(version): [column for column in columns if column != ABSENT]
        for version, columns in row.stated.items()
    }
    return [
        Statement(row.source, version, race, columns)
        for version, columns in sorted(found.items(), reverse=True)
        if columns
    ]


def _decided_of_lap(row: Any) -> list[Statement]:
    lap = Lap(
        version=row.version,
        columns=row.columns,
        older=row.older,
    )
    floor = Floor(
        row.entrant__race__laps_floor, LapColumn(row.entrant__race__laps_floor_columns)
    )
    by_version: dict[UUID, list[str]] = {}
    for column, version in register_of(lap, floor=floor).versions.items():
        by_version.setdefault(version, []).append(column)
    return [
        Statement(row.source, version, row.race, sorted(columns))
        for version, columns in sorted(by_version.items(), reverse=True)
    ]


def versions_of_lap(row: Any) -> tuple[Any, ...]:
    """Give what the provenance of a lap follows from: most laps of a race share it."""
    return (
        row.race,
        row.effective_version,
        str(row.version),
        row.columns,
        str(row.older),
    )


def _provenance(
    decided: Callable[[Any], list[Statement]],
    fetch: Callable[[QuerySet[Any]], QuerySet[Any]],
    *,
    alike: Callable[[Any], Any] | None = None,
) -> Include:
    return Include(
        "provenance",
        "which file decides which of the columns.",
        StatementDetail,
        of_row=decided,
        fetch=fetch,
        is_many=True,
        is_versioned=True,
        alike=alike,
    )


PROVENANCE = _provenance(
    _decided, fetch=lambda rows: rows.annotate(stated=F("column_versions"))
)
OF_LAPS = _provenance(
    _decided_of_lap,
    fetch=lambda laps: laps.values_list(
        *rows.LapDetail.COLUMNS,
        *rows.LapDetail.PROVENANCE,
        "version",
        "columns",
        "older",
        "entrant__race__laps_floor",
        "entrant__race__laps_floor_columns",
        named=True,
    ),
    alike=versions_of_lap,
)


def entrants_with_names() -> QuerySet[Entrant]:
    """Give entrants as they stand in a race, in the order of their finish."""
    unread = rows.unread_of("competitor__", "team__")
    named = Entrant.objects.with_names().in_order_of_finish()
    return named.defer(*unread, "column_versions")


def _with_venue(meetings: QuerySet[Any]) -> QuerySet[Any]:
    return meetings.defer(None).defer("column_versions", "venue__column_versions")


def races_as_shown() -> QuerySet[Race]:
    """Give races in the order they were stored, and when anything of each changed."""
    dated = Race.objects.annotate(changed_at=changed_at())
    return dated.defer("column_versions").order_by("pk")


VENUE = Include(
    "venue",
    "the venue of the meeting.",
    rows.VenueDetail,
    of_row=lambda meeting: meeting.venue,
    fetch=_with_venue,
    is_versioned=True,
)
RACES = Include(
    "races",
    "its races, in the order they were stored.",
    RaceOfMeeting,
    of_row=lambda meeting: meeting.races.all(),
    fetch=lambda meetings: meetings.prefetch_related(
        Prefetch("races", races_as_shown())
    ),
    is_many=True,
    is_long=True,
    is_versioned=True,
)
ENTRANTS = Include(
    "entrants",
    "its entrants, in the order of their finish.",
    EntrantOfRace,
    of_row=lambda race: race.entrants.all(),
    fetch=lambda races: races.prefetch_related(
        Prefetch("entrants", entrants_with_names())
    ),
    is_many=True,
    is_long=True,
    is_versioned=True,
)
PIT_STOPS = Include(
    "pit_stops",
    "its stops, in order.",
    PitStopOfEntrant,
    of_row=lambda entrant: entrant.pit_stops.all(),
    fetch=lambda entrants: entrants.prefetch_related(
        Prefetch(
            "pit_stops", PitStop.objects.defer("column_versions").order_by("number")
        )
    ),
    is_many=True,
    is_long=True,
    is_versioned=True,
)


class EntrantStatsOfEntrant(serializers.ModelSerializer):
    class Meta:
        model = EntrantStats
        exclude = ["entrant"]


STATS = Include(
    "stats",
    "what its laps add up to.",
    EntrantStatsOfEntrant,
    of_row=lambda entrant: getattr(entrant, "stats", None),
    fetch=lambda entrants: entrants.select_related("stats"),
)

OF_SHARED = (PROVENANCE,)
OF_MEETINGS = (RACES, VENUE, PROVENANCE)
OF_RACES = (ENTRANTS, PROVENANCE)
OF_ENTRANTS = (STATS, PIT_STOPS, PROVENANCE)


class VenueRow(HasIncluded, rows.VenueDetail):
    included = included_field("Venue", OF_SHARED)()

    class Meta(rows.VenueDetail.Meta):
        fields = [*rows.VenueDetail.Meta.fields, "included"]


class TeamRow(HasIncluded, rows.TeamDetail):
    included = included_field("Team", OF_SHARED)()

    class Meta(rows.TeamDetail.Meta):
        fields = [*rows.TeamDetail.Meta.fields, "included"]


class CompetitorRow(HasIncluded, rows.CompetitorDetail):
    included = included_field("Competitor", OF_SHARED)()

    class Meta(rows.CompetitorDetail.Meta):
        fields = [*rows.CompetitorDetail.Meta.fields, "included"]


class MeetingRow(HasIncluded, rows.MeetingDetail):
    included = included_field("Meeting", OF_MEETINGS)()

    class Meta(rows.MeetingDetail.Meta):
        fields = [*rows.MeetingDetail.Meta.fields, "included"]


class RaceRow(HasIncluded, RaceWithStats):
    included = included_field("Race", OF_RACES)()

    class Meta(RaceWithStats.Meta):
        fields = [*RaceWithStats.Meta.fields, "included"]


class EntrantRow(HasIncluded, rows.EntrantDetail):
    included = included_field("Entrant", OF_ENTRANTS)()

    class Meta(rows.EntrantDetail.Meta):
        fields = [*rows.EntrantDetail.Meta.fields, "included"]


class PitStopRow(HasIncluded, rows.PitStopDetail):
    included = included_field("PitStop", OF_SHARED)()

    class Meta(rows.PitStopDetail.Meta):
        fields = [*rows.PitStopDetail.Meta.fields, "included"]


class LapRow(HasIncluded, rows.LapDetail):
    included = included_field("Lap", (OF_LAPS,))()

    class Meta:
        list_serializer_class = rows.LapsDetail

    def shown(self, laps: Iterable[Any]) -> list[dict[str, Any]]:
        """Add what was asked for."""
        shown = super().shown(laps)
        if self.context["includes"]:
            field = self.fields["included"]
            for lap, row in zip(shown, laps, strict=True):
                lap["included"] = field.to_representation(row)
        return shown
