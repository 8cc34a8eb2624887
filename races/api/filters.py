"""The filters of races: an allow-list, column by column.

What a name means does not change from resource to resource: `source`, `season`,
`discipline`, `country`, `venue` and `start_date` are those of the row's meeting.
"""

from typing import ClassVar

from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import Kind, NotMeant, text
from races.api.meeting_filters import CountryFilter, LatestFilter, of_meetings
from races.models import Competitor, Entrant, Lap, Meeting, PitStop, Race, Team, Venue

LEAST_LETTERS = 2


def _words(value: str) -> str:
    if len(value.strip()) < LEAST_LETTERS:
        raise NotMeant(f"shorter than {LEAST_LETTERS} characters")
    return str(text(100).read(value))


WORDS = Kind(_words, text(100).schema | {"minLength": LEAST_LETTERS}, is_listed=False)


class NameFilter(ValueFilter):
    """Part of a name, whatever its case."""

    def __init__(self) -> None:
        super().__init__(
            "name", "icontains", kind=WORDS, about="Part of the name, in any case."
        )


SHARED = {
    "source": Column("source", "Whose data it is"),
    "key": Column("key", "The key within the source"),
}


class VenueFilter(ColumnFilterSet):
    columns: ClassVar = {**SHARED, "country": Column("country", "The country")}
    name__contains = NameFilter()

    class Meta:
        model = Venue


class TeamFilter(ColumnFilterSet):
    columns: ClassVar = SHARED
    name__contains = NameFilter()

    class Meta:
        model = Team


class CompetitorFilter(ColumnFilterSet):
    columns: ClassVar = SHARED
    name__contains = NameFilter()

    class Meta:
        model = Competitor


class MeetingFilter(ColumnFilterSet):
    columns: ClassVar = {
        **of_meetings(""),
        "key": Column("key", "The key within the source"),
        "round": Column("round", "The round of the season"),
        "status": Column("status", "The status, as files state it"),
    }
    meeting = LatestFilter("pk")
    country = CountryFilter()
    country__in = CountryFilter(lookup_expr="in")
    name__contains = NameFilter()

    class Meta:
        model = Meeting


class RaceFilter(ColumnFilterSet):
    columns: ClassVar = {
        **of_meetings("meeting__"),
        "round": Column("meeting__round", "The round of the meeting"),
        "key": Column("key", "The key within the meeting"),
        "number": Column("number", "The number within the meeting"),
        "kind": Column("kind", "The kind (race, sprint, qualifying, …)"),
        "status": Column("status", "The status, as files state it"),
        "scheduled_start": Column("scheduled_start", "The scheduled start"),
        "distance_m": Column("distance_m", "The distance in metres"),
        "scheduled_laps": Column("scheduled_laps", "The laps to be driven"),
    }
    meeting = LatestFilter("meeting_id")
    country = CountryFilter("meeting__")
    country__in = CountryFilter("meeting__", "in")

    class Meta:
        model = Race


class EntrantFilter(ColumnFilterSet):
    columns: ClassVar = {
        **of_meetings("race__meeting__"),
        "race": Column("race_id", "The race, by id"),
        "kind": Column("race__kind", "The kind of the race"),
        "key": Column("key", "The key within the race"),
        "number": Column("number", "The number on the car, horse or shirt, as text"),
        "competitor": Column("competitor__key", "The competitor, by key"),
        "team": Column("team__key", "The team, by key"),
        "status": Column("status", "The status of the result, as files state it"),
        "grid": Column("grid", "The place on the grid"),
        "position": Column("position", "The place in the result"),
        "points": Column("points", "The points"),
        "laps_completed": Column("laps_completed", "The laps that the result says"),
        "total_time_ms": Column("total_time_ms", "The time in milliseconds"),
        "fastest_lap_ms": Column("fastest_lap_ms", "The fastest lap, as published"),
        "is_withdrawn": Column("is_withdrawn", "A complete file no longer holds it"),
    }
    meeting = LatestFilter("race__meeting_id")
    country = CountryFilter("race__meeting__")
    country__in = CountryFilter("race__meeting__", "in")

    class Meta:
        model = Entrant


#: What laps and pit stops are filtered by.
OF_ENTRANTS = {
    **of_meetings("entrant__race__meeting__"),
    "race": Column("entrant__race_id", "The race, by id"),
    "entrant": Column("entrant_id", "The entrant, by id"),
    "entrant_number": Column("entrant__number", "The number of the entrant, as text"),
    "competitor": Column("entrant__competitor__key", "The competitor, by key"),
}


class LapFilter(ColumnFilterSet):
    columns: ClassVar = {
        **OF_ENTRANTS,
        "number": Column("number", "The number of the lap"),
        "time_ms": Column("time_ms", "The lap time in milliseconds"),
        "elapsed_ms": Column("elapsed_ms", "The time since the start, milliseconds"),
        "sector1_ms": Column("sector1_ms", "The first sector, milliseconds"),
        "sector2_ms": Column("sector2_ms", "The second sector, milliseconds"),
        "sector3_ms": Column("sector3_ms", "The third sector, milliseconds"),
        "position": Column("position", "The place at the end of the lap"),
        "in_pit": Column("in_pit", "Whether the lap ended or began in the pit lane"),
        "is_deleted": Column("is_deleted", "Whether the officials deleted its time"),
    }
    meeting = LatestFilter("entrant__race__meeting_id")
    country = CountryFilter("entrant__race__meeting__")
    country__in = CountryFilter("entrant__race__meeting__", "in")

    class Meta:
        model = Lap


class PitStopFilter(ColumnFilterSet):
    columns: ClassVar = {
        **OF_ENTRANTS,
        "number": Column("number", "The number of the stop, from 1"),
        "lap": Column("lap", "The lap of the stop"),
        "duration_ms": Column("duration_ms", "How long it took, milliseconds"),
    }
    meeting = LatestFilter("entrant__race__meeting_id")
    country = CountryFilter("entrant__race__meeting__")
    country__in = CountryFilter("entrant__race__meeting__", "in")

    class Meta:
        model = PitStop
