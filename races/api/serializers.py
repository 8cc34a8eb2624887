"""Rows of races as JSON: a Brief stands inside others, a Detail alone.

A Detail needs `source` on each row, and two things in its context: `files`, what the
pair of source and version names, by that pair; and `runs`, the run that brought it, by
source, version and race. Laps need `origins` (both of these) and `conflicts`, by entrant
and number.
"""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from races.models import Competitor, Entrant, Meeting, PitStop, Race, Team, Venue

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


_RUN = "The import that brought the file's rows of the race."


def race_of(row: Any) -> int | None:
    """Give the race that a row belongs to; shared rows and meetings belong to none."""
    if isinstance(row, Race):
        return row.pk
    if isinstance(row, PitStop):
        return row.entrant.race_id
    return getattr(row, "race_id", None)


@extend_schema_field({"type": ["integer", "null"]})
class RunOfRow(serializers.Field):
    """The run that brought what the row's version states; null where none is known."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True, help_text=_RUN)

    def to_representation(self, row: Any) -> int | None:
        """Look the run up in the context."""
        run: int | None = self.context["runs"].get(
            (row.source, row.version, race_of(row))
        )
        return run


def unread_of(*relations: str) -> list[str]:
    """Name the JSON of rows that a Brief shows: fetching it costs more than the rest."""
    return [
        f"{relation}{column}"
        for relation in relations
        for column in ("attributes", "column_versions")
    ]


class SharedDetail(serializers.ModelSerializer):
    """A row that the races of one source share."""

    is_implied = serializers.BooleanField()
    file = FileOfRow()
    run = RunOfRow()


#: What every shared row has, around its own columns.
SHARED_FIRST = ["id", "source", "key", "name"]
SHARED_LAST = ["attributes", "is_implied", "file", "run"]


class VenueDetail(SharedDetail):
    class Meta:
        model = Venue
        fields = [*SHARED_FIRST, "locality", "country", "timezone", *SHARED_LAST]


class TeamDetail(SharedDetail):
    class Meta:
        model = Team
        fields = [*SHARED_FIRST, *SHARED_LAST]


class CompetitorDetail(SharedDetail):
    class Meta:
        model = Competitor
        fields = [*SHARED_FIRST, *SHARED_LAST]


class MeetingBrief(serializers.ModelSerializer):
    class Meta:
        model = Meeting
        fields = ["id", "source", "key", "name"]


class MeetingDetail(serializers.ModelSerializer):
    venue: Related = serializers.StringRelatedField(allow_null=True)
    venue_key: Related = serializers.SlugRelatedField(
        "key", source="venue", read_only=True, allow_null=True
    )
    country = serializers.SerializerMethodField(help_text="Its own, or the venue's.")
    timezone = serializers.SerializerMethodField(help_text="Its own, or the venue's.")
    is_implied = serializers.BooleanField()
    file = FileOfRow()
    run = RunOfRow()

    class Meta:
        model = Meeting
        fields = [
            *MeetingBrief.Meta.fields,
            "discipline",
            "venue",
            "venue_key",
            "country",
            "timezone",
            "start_date",
            "season",
            "round",
            "status",
            "attributes",
            "is_implied",
            "file",
            "run",
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
    run = RunOfRow()

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
            "run",
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
    team_key: Related = serializers.SlugRelatedField(
        "key", source="team", read_only=True, allow_null=True
    )
    points = serializers.FloatField(allow_null=True)
    is_implied = serializers.BooleanField()
    file = FileOfRow()
    run = RunOfRow()

    class Meta:
        model = Entrant
        fields = [
            *EntrantBrief.Meta.fields,
            "race",
            "competitor",
            "team",
            "team_key",
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
            "run",
        ]


class PitStopDetail(serializers.ModelSerializer):
    race = serializers.IntegerField(source="entrant.race_id")
    entrant = EntrantBrief()
    file = FileOfRow()
    run = RunOfRow()

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
            "run",
        ]


class LapDetail(serializers.Serializer):
    """One lap. A page has up to 2,000: a row is turned into JSON as it is read.

    Its version is the higher of its own and the floor of its race, so that the file is
    the newest one that states the lap as it is.
    """

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
    conflict = serializers.ChoiceField(
        [("open", "Open"), ("ruled", "Ruled"), ("settled", "Settled")],
        allow_null=True,
        help_text="Where files say different things of the lap: whether that waits for "
        "a person, a person has settled it, or a rule has.",
    )
    file = FileOfRow()
    run = RunOfRow()

    #: What a row holds first, in this order; then `source`, `effective_version` and
    #: whatever else an include needs.
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
    PROVENANCE = ("source", "effective_version")

    def to_representation(self, row: Any) -> dict[str, Any]:
        """Give the columns as they are: all are numbers, truth values or null."""
        return self.shown([row])[0]

    def shown(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        """Give many at once: what they share is looked up once."""
        conflicts, origins = self.context["conflicts"], self.context["origins"]
        shown = []
        for row in rows:
            lap = dict(zip(self.COLUMNS, row, strict=False))
            race, entrant, number = row[:3]
            origin = origins.get((row.source, row.effective_version, race))
            lap["conflict"] = conflicts.get((entrant, number))
            lap["file"] = origin.file if origin else None
            lap["run"] = origin.run if origin else None
            shown.append(lap)
        return shown


class LapsDetail(serializers.ListSerializer):
    """A page of laps."""

    def to_representation(self, rows: Any) -> list[dict[str, Any]]:
        """Give them at once."""
        one: Any = self.child
        shown: list[dict[str, Any]] = one.shown(rows)
        return shown
