"""The filters of races that ask for what follows from their rows."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from races.api.filters import RaceFilter
from races.models import Race


class RaceWithStatsFilter(RaceFilter):
    has_warnings = filters.BooleanFilter(method="with_warnings")

    def with_warnings(
        self, races: QuerySet[Race], name: str, wanted: bool
    ) -> QuerySet[Race]:
        """Keep races with warnings, or those that were checked and have none."""
        if wanted:
            return races.filter(stats__warning_count__gt=0)
        return races.filter(stats__warning_count=0)
