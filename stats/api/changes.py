"""What changed since a moment in races that are shown with their stats."""

from django.db.models import Q

from ingestion_site.lib.api_changes import Moment
from races.changes import shown, touched_races
from races.models import Change


def touched_races_with_stats(since: Moment) -> Q:
    """Say which races changed since, or name the driver of the fastest lap otherwise.

    Stats follow from rows that mark the race, in the transaction that writes them.
    """
    renamed = shown(Change.Kind.COMPETITOR, since)
    return touched_races(since) | Q(
        stats__fastest_lap_entrant__competitor_id__in=renamed
    )
