"""Stats as JSON, and a race with its own."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from races.api.serializers import EntrantBrief, RaceBrief, RaceDetail
from races.models import Race
from stats.models import EntrantStats, RaceStats, RaceWarning
from stats.warning_texts import MEANINGS, example_text


class RaceStatsDetail(serializers.ModelSerializer):
    """The figures of one race; docs/stats.md says how each is worked out."""

    completeness = serializers.FloatField(
        allow_null=True, help_text="The part of the expected laps that is held."
    )
    fastest_lap_entrant = EntrantBrief(allow_null=True)
    winner = EntrantBrief(allow_null=True)

    class Meta:
        model = RaceStats
        fields = [
            "entrants",
            "entrants_with_laps",
            "laps",
            "held_laps",
            "expected_laps",
            "missing_laps",
            "completeness",
            "warning_count",
            "total_ms",
            "fastest_lap_ms",
            "fastest_lap_number",
            "fastest_lap_entrant",
            "order_from",
            "winner",
            "gaps_from",
            "margin_ms",
            "margin_laps",
            "lead_from",
            "led_laps",
            "leaders",
            "lead_changes",
        ]
        extra_kwargs = {
            "laps": {"help_text": "Those that stand; held_laps has those struck out."},
            "order_from": {"help_text": "What the order is from; null: no order."},
            "gaps_from": {"help_text": "What gaps and the margin are from."},
            "lead_from": {"help_text": "What tells who led a lap."},
            "led_laps": {"help_text": "Laps of which the leader is known."},
        }


class RaceStatsRow(RaceStatsDetail):
    id = serializers.IntegerField(source="pk", help_text="That of the race.")
    race = RaceBrief()

    class Meta(RaceStatsDetail.Meta):
        fields = ["id", "race", *RaceStatsDetail.Meta.fields]


class StintDetail(serializers.Serializer):
    """Laps between two pit stops."""

    first_lap = serializers.IntegerField()
    last_lap = serializers.IntegerField()
    laps = serializers.IntegerField(help_text="Held, also those struck out.")
    best_ms = serializers.IntegerField(allow_null=True)
    mean_ms = serializers.FloatField(allow_null=True)


class EntrantStatsRow(serializers.ModelSerializer):
    """The figures of one entrant; docs/stats.md says how each is worked out."""

    id = serializers.IntegerField(source="pk", help_text="That of the entrant.")
    race = serializers.IntegerField(source="entrant.race_id")
    entrant = EntrantBrief()
    stints = StintDetail(many=True)

    class Meta:
        model = EntrantStats
        fields = [
            "id",
            "race",
            "entrant",
            "laps",
            "timed_laps",
            "total_ms",
            "best_ms",
            "best_lap",
            "best_rank",
            "theoretical_best_ms",
            "mean_ms",
            "median_ms",
            "stddev_ms",
            "green_laps",
            "consistency",
            "laps_led",
            "gap_to_leader_ms",
            "gap_to_leader_laps",
            "gap_to_ahead_ms",
            "gap_to_ahead_laps",
            "stints",
        ]
        extra_kwargs = {
            "consistency": {"help_text": "1 - deviation / mean of the green laps."},
            "gap_to_leader_ms": {"help_text": "Null where laps are behind."},
        }


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
