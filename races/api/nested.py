"""Rows of races as they stand in the rows that they belong to: without what they are in."""

from races.api.serializers import EntrantDetail, PitStopDetail, RaceDetail
from races.models import Entrant, PitStop, Race


def _without(fields: list[str], name: str) -> list[str]:
    return [field for field in fields if field != name]


class RaceOfMeeting(RaceDetail):
    meeting = None  # type: ignore[assignment]

    class Meta:
        model = Race
        fields = _without(RaceDetail.Meta.fields, "meeting")


class EntrantOfRace(EntrantDetail):
    race = None  # type: ignore[assignment]

    class Meta:
        model = Entrant
        fields = _without(EntrantDetail.Meta.fields, "race")


class PitStopOfEntrant(PitStopDetail):
    race = None  # type: ignore[assignment]
    entrant = None  # type: ignore[assignment]

    class Meta:
        model = PitStop
        fields = _without(_without(PitStopDetail.Meta.fields, "race"), "entrant")
