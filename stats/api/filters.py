"""The filters of stats, and of races that ask for what follows from their rows."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from ingestion_site.lib.api_filters import WholeNumberFilter
from races.api.filters import OfEntrantFilter, RaceFilter
from races.models import Race
from stats.models import EntrantStats, RaceStats


class RaceWithStatsFilter(RaceFilter):
    has_warnings = filters.BooleanFilter(method="with_warnings")

    def with_warnings(
        self, races: QuerySet[Race], name: str, wanted: bool
    ) -> QuerySet[Race]:
        """Keep races with warnings, or those that were checked and have none."""
        if wanted:
            return races.filter(stats__warning_count__gt=0)
        return races.filter(stats__warning_count=0)


class EntrantStatsFilter(OfEntrantFilter):
    source = filters.CharFilter(field_name="entrant__race__meeting__source")

    class Meta:
        model = EntrantStats
        fields = ["meeting", "race", "entrant", "source"]


class RaceStatsFilter(filters.FilterSet):
    meeting = WholeNumberFilter(field_name="race__meeting_id")
    race = WholeNumberFilter(field_name="race_id")
    source = filters.CharFilter(field_name="race__meeting__source")

    class Meta:
        model = RaceStats
        fields = ["meeting", "race", "source"]
