"""The filters of stats, and of races that ask for what follows from their rows."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import TRUTH, one_of
from races.api.filters import OF_ENTRANTS, RaceFilter
from races.api.meeting_filters import LatestFilter, of_meetings
from stats.models import EntrantStats, RaceStats

#: What `complete` is asked for as, and what it means of the missing laps.
COMPLETE: dict[str, dict[str, Any]] = {
    "true": {"stats__missing_laps": 0},
    "false": {"stats__missing_laps__gt": 0},
    "unknown": {"stats__missing_laps__isnull": True},
}


class CompleteFilter(ValueFilter):
    """Whether every lap that the results promise is in."""

    def __init__(self) -> None:
        super().__init__(
            "stats",
            kind=one_of(*COMPLETE),
            about="Whether every lap that the results promise is in; `unknown` where no "
            "result says how many there were.",
        )

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep such races."""
        return queryset.filter(**COMPLETE[value])


class WarningsFilter(ValueFilter):
    """Whether a race has warnings."""

    def __init__(self) -> None:
        super().__init__(
            "stats",
            kind=TRUTH,
            about="Races with warnings, or those that were checked and have none.",
        )

    def filter(self, queryset: QuerySet[Any], value: bool) -> QuerySet[Any]:
        """Keep such races."""
        if value:
            return queryset.filter(stats__warning_count__gt=0)
        return queryset.filter(stats__warning_count=0)


class RaceWithStatsFilter(RaceFilter):
    columns: ClassVar = {
        **RaceFilter.columns,
        "entrants": Column("stats__entrants", "How many entrants it has"),
        "laps": Column("stats__laps", "How many laps are in"),
        "missing_laps": Column("stats__missing_laps", "How many laps are missing"),
        "fastest_lap_ms": Column("stats__fastest_lap_ms", "The fastest lap"),
    }
    complete = CompleteFilter()
    has_warnings = WarningsFilter()

    class Meta(RaceFilter.Meta):
        pass


def _figures(**abouts: str) -> dict[str, Column]:
    """Give the columns of a table of stats that can be asked for by value."""
    return {name: Column(name, about) for name, about in abouts.items()}


class EntrantStatsFilter(ColumnFilterSet):
    columns: ClassVar = {
        **OF_ENTRANTS,
        **_figures(
            laps="Laps that stand",
            best_ms="The best lap",
            best_rank="The rank of the best lap in the race",
            mean_ms="The mean of the lap times",
            median_ms="The median of the lap times",
            theoretical_best_ms="The best of all sectors together",
            consistency="How alike the green laps are, 1 at most",
            laps_led="Laps at the end of which it led",
            gap_to_leader_ms="How far behind the leader, in time",
            gap_to_leader_laps="How far behind the leader, in laps",
        ),
    }
    meeting = LatestFilter("entrant__race__meeting_id")

    class Meta:
        model = EntrantStats


class RaceStatsFilter(ColumnFilterSet):
    columns: ClassVar = {
        **of_meetings("race__meeting__"),
        "race": Column("race_id", "The race, by id"),
        **_figures(
            winner="Who won, by the id of the entrant",
            entrants="How many entrants it has",
            laps="How many laps stand",
            missing_laps="How many laps are missing",
            warning_count="How many warnings it has",
            fastest_lap_ms="The fastest lap",
            margin_ms="How far the winner was ahead, in time",
            lead_changes="How often the lead changed",
            leaders="How many led a lap",
        ),
    }
    meeting = LatestFilter("race__meeting_id")

    class Meta:
        model = RaceStats
