"""The filters of races: an allow-list, looked up as `name` or `name__gte`."""

from django_filters import rest_framework as filters

from ingestion_site.lib.api_filters import WholeNumberFilter
from races.models import Entrant, Meeting, PitStop, Race


class MeetingFilter(filters.FilterSet):
    season = WholeNumberFilter()

    class Meta:
        model = Meeting
        fields = {
            "source": ["exact"],
            "season": ["exact"],
            "discipline": ["exact"],
            "key": ["exact"],
            "start_date": ["exact", "gte", "lte"],
        }


class RaceFilter(filters.FilterSet):
    meeting = WholeNumberFilter(field_name="meeting_id")
    source = filters.CharFilter(field_name="meeting__source")
    season = WholeNumberFilter(field_name="meeting__season")

    class Meta:
        model = Race
        fields = ["meeting", "kind", "source", "season"]


class EntrantFilter(filters.FilterSet):
    race = WholeNumberFilter(field_name="race_id")
    meeting = WholeNumberFilter(field_name="race__meeting_id")
    competitor = filters.CharFilter(field_name="competitor__key")

    class Meta:
        model = Entrant
        fields = ["race", "meeting", "competitor", "status"]


class OfEntrantFilter(filters.FilterSet):
    """What laps and pit stops are filtered by."""

    meeting = WholeNumberFilter(field_name="entrant__race__meeting_id")
    race = WholeNumberFilter(field_name="entrant__race_id")
    entrant = WholeNumberFilter(field_name="entrant_id")


class PitStopFilter(OfEntrantFilter):
    class Meta:
        model = PitStop
        fields = ["meeting", "race", "entrant"]


class LapFilter(OfEntrantFilter):
    number = WholeNumberFilter()
    number__gte = WholeNumberFilter(field_name="number", lookup_expr="gte")
    number__lte = WholeNumberFilter(field_name="number", lookup_expr="lte")
