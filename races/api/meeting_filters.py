"""What rows of meetings are filtered by: whose, when, where, and which is the latest.

The latest meeting is the latest by date that has begun and has races. Meetings without
a date are never it, and of several on one day it is the one that was stored last. The
filters beside it choose: `source=f1` gives the latest meeting of that source.
"""

import datetime as dt
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import ID, Kind, NotMeant, text
from races.models import Meeting, Race

LATEST = "latest"
#: Where a day begins first.
FIRST_ZONE = dt.timedelta(hours=14)
#: Filters that choose among which meetings the latest is.
CHOOSING = ("source", "season", "discipline", "country", "venue", "start_date")


def _read(value: str) -> int | str:
    if value == LATEST:
        return value
    try:
        return int(ID.read(value))
    except NotMeant as error:
        raise NotMeant(f"{error}, and not {LATEST}") from None


MEETING = Kind(
    _read, {"anyOf": [ID.schema, {"type": "string", "enum": [LATEST]}]}, is_listed=False
)

_COUNTRY = text(100)


def of_meetings(to_meeting: str) -> dict[str, Column]:
    """Give what can be asked of the meetings of rows; `to_meeting` leads to them."""
    return {
        "source": Column(f"{to_meeting}source", "Whose data it is"),
        "season": Column(f"{to_meeting}season", "The season of the meeting"),
        "discipline": Column(f"{to_meeting}discipline", "The discipline"),
        "venue": Column(f"{to_meeting}venue__key", "The venue of the meeting, by key"),
        "start_date": Column(
            f"{to_meeting}start_date", "The first day of the meeting (2022-03-20)"
        ),
    }


class CountryFilter(ValueFilter):
    """The country of a meeting: its own, or else its venue's, as it is shown."""

    def __init__(self, to_meeting: str = "", lookup_expr: str = "exact") -> None:
        self.to_meeting = to_meeting
        ending = ": one of these" if lookup_expr == "in" else ""
        super().__init__(
            f"{to_meeting}country",
            lookup_expr,
            kind=_COUNTRY,
            about=f"The country of the meeting: its own, or else its venue's{ending}.",
        )

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows of meetings there."""
        if value is None:
            return queryset
        own, way = f"{self.to_meeting}country", self.lookup_expr
        has_none = Q(**{f"{own}__isnull": True}) | Q(**{own: ""})
        venues = Q(**{f"{self.to_meeting}venue__country__{way}": value})
        return queryset.filter(Q(**{f"{own}__{way}": value}) | (has_none & venues))


class LatestFilter(ValueFilter):
    """A meeting by its id, or the latest."""

    def __init__(self, field_name: str) -> None:
        super().__init__(
            field_name,
            kind=MEETING,
            about="The meeting, by its id; or `latest`: the latest by `start_date` that "
            f"has begun and has races, among those that {', '.join(CHOOSING)} leave.",
        )

    def filter(self, queryset: QuerySet[Any], value: int | str) -> QuerySet[Any]:
        """Keep the rows of the meeting."""
        if value != LATEST:
            return self.of(queryset, value)
        asked = self.parent.data.items()
        chosen = {n: value for n, value in asked if n.partition("__")[0] in CHOOSING}
        found = latest(MeetingChoice(chosen, queryset=Meeting.objects.all()).qs)
        return queryset.none() if found is None else self.of(queryset, found)

    def of(self, queryset: QuerySet[Any], meeting: int | str) -> QuerySet[Any]:
        """Keep the rows of the meeting with the id."""
        return queryset.filter(**{self.field_name: meeting})


class MeetingChoice(ColumnFilterSet):
    """The filters that choose among which meetings the latest is."""

    columns: ClassVar = of_meetings("")
    country = CountryFilter()
    country__in = CountryFilter(lookup_expr="in")

    class Meta:
        model = Meeting


def latest(meetings: QuerySet[Meeting]) -> int | None:
    """Give the id of the latest of some meetings that has begun and has races."""
    today = (timezone.now() + FIRST_ZONE).date()
    begun = meetings.filter(start_date__lte=today)
    with_races = begun.filter(Exists(Race.objects.filter(meeting=OuterRef("pk"))))
    return (
        with_races.order_by("-start_date", "-pk").values_list("pk", flat=True).first()
    )
