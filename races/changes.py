"""What changed since a moment: which rows of races an API must tell a follower of.

For each resource a condition: a row of its own was written, or a row whose name it shows
says something else now. The marks are `races.models.Change`, written by triggers; laps,
stops and entrants need none of their own, the server keeps who wrote a row.
"""

from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from ingestion_site.lib.api_changes import Moment, NextTransaction, written_since
from races.models import (
    Change,
    Competitor,
    Entrant,
    Lap,
    Meeting,
    PitStop,
    Race,
    Removal,
    Team,
    Venue,
)

Kind = Change.Kind


def changed(kind: Kind, since: Moment) -> QuerySet[Any]:
    """Give the ids of the rows of a kind that changed since."""
    return _marked(kind, since, mark="changed").values("row_id")


def shown(kind: Kind, since: Moment) -> QuerySet[Any]:
    """Give the ids of the rows of which others show something else since."""
    return _marked(kind, since, mark="shown").values("row_id")


def _marked(kind: Kind, since: Moment, *, mark: str) -> QuerySet[Change]:
    return Change.objects.filter(_is_since(since, mark=mark), kind=kind)


def _is_since(since: Moment, *, mark: str) -> Q:
    """Say that a mark is of the moment or later.

    What lies ahead of all transactions came with a dump of another server: only its time
    tells when it was.
    """
    later = Q(**{f"{mark}_in__gte": since.xid})
    if since.time:
        return later & Q(**{f"{mark}_at__gte": since.time})
    return later & Q(**{f"{mark}_in__lt": NextTransaction()})


def touched_venues(since: Moment) -> Q:
    """Say which venues changed since."""
    return Q(pk__in=changed(Kind.VENUE, since))


def touched_teams(since: Moment) -> Q:
    """Say which teams changed since."""
    return Q(pk__in=changed(Kind.TEAM, since))


def touched_competitors(since: Moment) -> Q:
    """Say which competitors changed since."""
    return Q(pk__in=changed(Kind.COMPETITOR, since))


def touched_meetings(since: Moment) -> Q:
    """Say which meetings changed since, or are at a venue that is called otherwise."""
    return Q(pk__in=changed(Kind.MEETING, since)) | Q(
        venue_id__in=shown(Kind.VENUE, since)
    )


def touched_races(since: Moment) -> Q:
    """Say which races changed since, with all that belongs to them, or their meeting's name."""
    return Q(pk__in=changed(Kind.RACE, since)) | Q(
        meeting_id__in=shown(Kind.MEETING, since)
    )


def changed_at(race: str = "pk") -> Subquery:
    """Give when anything of a race last changed; `race` names its column."""
    mark = Change.objects.filter(kind=Kind.RACE, row_id=OuterRef(race))
    return Subquery(mark.values("changed_at"))


def touched_entrants(since: Moment) -> Q:
    """Say which entrants changed since, or show a name that did."""
    return (
        Q(race_id__in=changed(Kind.RACE, since)) & written_since("id", since)
        | Q(race_id__in=shown(Kind.RACE, since))
        | Q(competitor_id__in=shown(Kind.COMPETITOR, since))
        | Q(team_id__in=shown(Kind.TEAM, since))
    )


def touched_stops(since: Moment) -> Q:
    """Say which pit stops changed since, or show a name that did."""
    return (
        _below(since) & written_since("id", since)
        | Q(entrant_id__in=shown(Kind.ENTRANT, since))
        | Q(entrant__competitor_id__in=shown(Kind.COMPETITOR, since))
    )


def _below(since: Moment) -> Q:
    """Say that a row belongs to an entrant of a race that changed since."""
    races = changed(Kind.RACE, since)
    return Q(entrant_id__in=Entrant.objects.filter(race_id__in=races).values("pk"))


def touched_removals(since: Moment) -> Q:
    """Say which rows are gone since."""
    return _is_since(since, mark="removed")


def removals() -> QuerySet[Removal]:
    """Give the rows that are gone, and were not brought back."""
    models = {
        "venues": Venue,
        "teams": Team,
        "competitors": Competitor,
        "meetings": Meeting,
        "races": Race,
        "entrants": Entrant,
        "pit-stops": PitStop,
    }
    stands = Q(
        Q(resource="laps"),
        Exists(
            Lap.objects.filter(entrant_id=OuterRef("row_id"), number=OuterRef("number"))
        ),
    )
    for resource, model in models.items():
        found = model._default_manager.filter(pk=OuterRef("row_id"))
        stands |= Q(Q(resource=resource), Exists(found))
    return Removal.objects.exclude(stands)


def mark_race(race_id: int) -> None:
    """Mark a race of which something changed that no trigger sees, such as its stats."""
    with connection.cursor() as cursor:
        cursor.callproc("races_mark", [Kind.RACE.value, [race_id], False])
