"""The stats that can be read over HTTP, by race and by entrant; nothing is written."""

from rest_framework.viewsets import ReadOnlyModelViewSet

from races.api.serializers import unread_of
from stats.api import changes
from stats.api.filters import EntrantStatsFilter, RaceStatsFilter
from stats.api.serializers import EntrantStatsRow, RaceStatsRow
from stats.models import EntrantStats, RaceStats


class EntrantStatsViewSet(ReadOnlyModelViewSet):
    """What follows from the laps and the result of each entrant; ids are entrants'."""

    queryset = EntrantStats.objects.select_related("entrant__competitor").defer(
        *unread_of("entrant__", "entrant__competitor__")
    )
    serializer_class = EntrantStatsRow
    lookup_url_kwarg = "id"
    filterset_class = EntrantStatsFilter
    touched = staticmethod(changes.touched_entrant_stats)


class RaceStatsViewSet(ReadOnlyModelViewSet):
    """What follows from the rows of each race; ids are those of races."""

    queryset = RaceStats.objects.select_related(
        "race", "fastest_lap_entrant__competitor", "winner__competitor"
    ).defer(
        *unread_of(
            "race__",
            "fastest_lap_entrant__",
            "fastest_lap_entrant__competitor__",
            "winner__",
            "winner__competitor__",
        )
    )
    serializer_class = RaceStatsRow
    lookup_url_kwarg = "id"
    filterset_class = RaceStatsFilter
    touched = staticmethod(changes.touched_race_stats)
