"""A race as JSON with what its laps add up to."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from races.api.serializers import EntrantBrief, RaceDetail
from races.models import Race
from stats.models import RaceStats, RaceWarning
from stats.warning_texts import MEANINGS, example_text


class RaceStatsDetail(serializers.ModelSerializer):
    fastest_lap_entrant = EntrantBrief(allow_null=True)

    class Meta:
        model = RaceStats
        fields = [
            "entrants",
            "entrants_with_laps",
            "laps",
            "expected_laps",
            "missing_laps",
            "warning_count",
            "total_ms",
            "fastest_lap_ms",
            "fastest_lap_number",
            "fastest_lap_entrant",
        ]


class WarningExample(serializers.Serializer):
    """One case of a warning: entrants by their keys, and what was found."""

    entrants = serializers.ListField(child=serializers.CharField())
    lap = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


@extend_schema_field(WarningExample(many=True))
class ExamplesOfWarning(serializers.Field):
    """The stored cases of a warning, each with its text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, warning: RaceWarning) -> list[dict[str, Any]]:
        """Say each case in words; its figures stay inside."""
        return [
            {
                "entrants": example["entrants"],
                "lap": example["lap"],
                "text": example_text(warning.code, example),
            }
            for example in warning.examples
        ]


class RaceWarningDetail(serializers.ModelSerializer):
    message = serializers.SerializerMethodField(help_text="What the code means.")
    count = serializers.IntegerField(help_text="All cases, also those not shown.")
    examples = ExamplesOfWarning(help_text="The first 20 cases, by entrant and lap.")

    class Meta:
        model = RaceWarning
        fields = ["code", "message", "count", "examples"]

    def get_message(self, warning: RaceWarning) -> str:
        """Give what the code means and what to look at."""
        return MEANINGS[warning.code]


class RaceWithStats(RaceDetail):
    complete = serializers.SerializerMethodField(
        help_text="Whether every lap that the results promise is in; null: unknown."
    )
    stats = RaceStatsDetail(allow_null=True)
    warnings = RaceWarningDetail(many=True)

    class Meta:
        model = Race
        fields = [*RaceDetail.Meta.fields, "complete", "stats", "warnings"]

    def get_complete(self, race: Race) -> bool | None:
        """Tell whether laps are missing, where the results say how many there were."""
        stats: RaceStats | None = getattr(race, "stats", None)
        if stats is None or stats.missing_laps is None:
            return None
        return stats.missing_laps == 0
