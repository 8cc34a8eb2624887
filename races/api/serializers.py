"""Rows of races as JSON: a Brief stands inside others, a Detail alone.

A Detail needs `source` on each row and `files` in its context: what the pair of source
and version names, by that pair.
"""

import operator
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from races.models import Entrant, Meeting, PitStop, Race

Related = serializers.RelatedField[Any, Any, Any]


class FileBrief(serializers.Serializer):
    """The file that a row came from."""

    id = serializers.IntegerField()
    name = serializers.CharField()


@extend_schema_field(FileBrief(allow_null=True))
class FileOfRow(serializers.Field):
    """The file with the row's version; null where no file states the row."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, row: Any) -> dict[str, Any] | None:
        """Look the file up in the context."""
        named: dict[str, Any] | None = self.context["files"].get(
            (row.source, row.version)
        )
        return named


class MeetingBrief(serializers.ModelSerializer):
    class Meta:
        model = Meeting
        fields = ["id", "source", "key", "name"]


class MeetingDetail(serializers.ModelSerializer):
    venue: Related = serializers.StringRelatedField(allow_null=True)
    country = serializers.SerializerMethodField(help_text="Its own, or the venue's.")
    timezone = serializers.SerializerMethodField(help_text="Its own, or the venue's.")
    is_implied = serializers.BooleanField()
    file = FileOfRow()

    class Meta:
        model = Meeting
        fields = [
            *MeetingBrief.Meta.fields,
            "discipline",
            "venue",
            "country",
            "timezone",
            "start_date",
            "season",
            "round",
            "status",
            "attributes",
            "is_implied",
            "file",
        ]

    def get_country(self, meeting: Meeting) -> str | None:
        """Give the meeting's country, else its venue's."""
        shared = meeting.venue.country if meeting.venue else None
        return meeting.country or shared

    def get_timezone(self, meeting: Meeting) -> str | None:
        """Give the meeting's time zone, else its venue's."""
        shared = meeting.venue.timezone if meeting.venue else None
        return meeting.timezone or shared


class RaceBrief(serializers.ModelSerializer):
    class Meta:
        model = Race
        fields = ["id", "meeting", "key", "name", "kind"]


class RaceDetail(serializers.ModelSerializer):
    meeting = MeetingBrief()
    is_implied = serializers.BooleanField()
    changed_at = serializers.DateTimeField(
        help_text="When anything of it last changed: itself, entrants, laps, pit stops."
    )
    file = FileOfRow()

    class Meta:
        model = Race
        fields = [
            *RaceBrief.Meta.fields,
            "number",
            "status",
            "scheduled_start",
            "distance_m",
            "scheduled_laps",
            "attributes",
            "is_implied",
            "changed_at",
            "file",
        ]


class EntrantBrief(serializers.ModelSerializer):
    name = serializers.CharField(source="display_name")

    class Meta:
        model = Entrant
        fields = ["id", "key", "number", "name"]


class EntrantDetail(EntrantBrief):
    race = RaceBrief()
    competitor: Related = serializers.SlugRelatedField(
        "key", read_only=True, allow_null=True
    )
    team: Related = serializers.StringRelatedField(allow_null=True)
    points = serializers.FloatField(allow_null=True)
    is_implied = serializers.BooleanField()
    file = FileOfRow()

    class Meta:
        model = Entrant
        fields = [
            *EntrantBrief.Meta.fields,
            "race",
            "competitor",
            "team",
            "status",
            "grid",
            "position",
            "laps_completed",
            "total_time_ms",
            "gap",
            "points",
            "fastest_lap_ms",
            "attributes",
            "is_implied",
            "file",
        ]


class PitStopDetail(serializers.ModelSerializer):
    race = serializers.IntegerField(source="entrant.race_id")
    entrant = EntrantBrief()
    file = FileOfRow()

    class Meta:
        model = PitStop
        fields = [
            "id",
            "race",
            "entrant",
            "number",
            "lap",
            "duration_ms",
            "time_of_day",
            "file",
        ]


class LapDetail(serializers.Serializer):
    """One lap. A page has up to 2,000: a row is turned into JSON as it is read."""

    race = serializers.IntegerField()
    entrant = serializers.IntegerField()
    number = serializers.IntegerField()
    time_ms = serializers.IntegerField(allow_null=True)
    elapsed_ms = serializers.IntegerField(allow_null=True)
    sector1_ms = serializers.IntegerField(allow_null=True)
    sector2_ms = serializers.IntegerField(allow_null=True)
    sector3_ms = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    in_pit = serializers.BooleanField(allow_null=True)
    is_deleted = serializers.BooleanField(allow_null=True)
    file = FileOfRow()

    #: What a row holds, besides `source` and `version`.
    COLUMNS = (
        "race",
        "entrant",
        "number",
        "time_ms",
        "elapsed_ms",
        "sector1_ms",
        "sector2_ms",
        "sector3_ms",
        "position",
        "in_pit",
        "is_deleted",
    )
    cells = operator.attrgetter(*COLUMNS)

    def to_representation(self, row: Any) -> dict[str, Any]:
        """Give the columns as they are: all are numbers, truth values or null."""
        shown = dict(zip(self.COLUMNS, self.cells(row), strict=True))
        shown["file"] = self.context["files"].get((row.source, row.version))
        return shown
