"""A race as JSON with what its laps add up to."""

from rest_framework import serializers

from races.api.serializers import EntrantBrief, RaceDetail
from races.models import Race
from stats.models import RaceStats


class RaceStatsDetail(serializers.ModelSerializer):
    missing_laps = serializers.IntegerField(allow_null=True)
    fastest_lap_entrant = EntrantBrief(allow_null=True)

    class Meta:
        model = RaceStats
        fields = [
            "entrants",
            "entrants_with_laps",
            "laps",
            "expected_laps",
            "missing_laps",
            "total_ms",
            "fastest_lap_ms",
            "fastest_lap_number",
            "fastest_lap_entrant",
        ]


class RaceWithStats(RaceDetail):
    complete = serializers.SerializerMethodField(
        help_text="Whether every lap that the results promise is in; null: unknown."
    )
    stats = RaceStatsDetail(allow_null=True)

    class Meta:
        model = Race
        fields = [*RaceDetail.Meta.fields, "complete", "stats"]

    def get_complete(self, race: Race) -> bool | None:
        """Tell whether laps are missing, where the results say how many there were."""
        stats: RaceStats | None = getattr(race, "stats", None)
        if stats is None or stats.missing_laps is None:
            return None
        return stats.missing_laps == 0
