"""What changed since a moment in stats, and in races that are shown with theirs.

Stats follow from rows that mark the race, in the transaction that writes them. Snapshots
need no marks: the server keeps which transaction wrote a row.
"""

from django.db.models import Q

from ingestion_site.lib.api_changes import Moment, written_since
from races.changes import changed, shown, touched_races
from races.models import Change

Kind = Change.Kind


def touched_races_with_stats(since: Moment) -> Q:
    """Say which races changed since, or name a driver of their stats otherwise."""
    return touched_races(since) | _named(since, stats="stats__")


def touched_race_stats(since: Moment) -> Q:
    """Say which stats of races changed since, or name a driver or the race otherwise."""
    written = Q(race_id__in=changed(Kind.RACE, since)) & written_since("race_id", since)
    renamed = Q(race_id__in=shown(Kind.RACE, since))
    return written | renamed | _named(since, stats="")


def touched_entrant_stats(since: Moment) -> Q:
    """Say which stats of entrants changed since, or name the entrant otherwise."""
    races = changed(Kind.RACE, since)
    return (
        Q(entrant__race_id__in=races) & written_since("entrant_id", since)
        | Q(entrant_id__in=shown(Kind.ENTRANT, since))
        | Q(entrant__competitor_id__in=shown(Kind.COMPETITOR, since))
    )


def touched_snapshots(since: Moment) -> Q:
    """Say which snapshots were written since."""
    return written_since("id", since)


def _named(since: Moment, *, stats: str) -> Q:
    renamed = shown(Kind.COMPETITOR, since)
    return Q(**{f"{stats}fastest_lap_entrant__competitor_id__in": renamed}) | Q(
        **{f"{stats}winner__competitor_id__in": renamed}
    )
