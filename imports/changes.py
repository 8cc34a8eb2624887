"""What changed since a moment among the records of ingestion: files, runs, conflicts.

They need no marks: the server keeps which transaction wrote a row. Laps tell of their
conflicts, so what changed of laps is here too.
"""

from django.db.models import Exists, OuterRef, Q

from imports.models import Conflict, RaceCheckpoint
from ingestion_site.lib.api_changes import Moment, written_since
from races.changes import changed, shown
from races.models import Change, Entrant

Kind = Change.Kind


def touched_records(since: Moment) -> Q:
    """Say which files, rejections or conflicts were written since."""
    return written_since("id", since)


def touched_runs(since: Moment) -> Q:
    """Say which runs were written since, or have a race that was."""
    races = RaceCheckpoint.objects.filter(written_since("id", since))
    return written_since("id", since) | Q(pk__in=races.values("run_id"))


def touched_laps(since: Moment) -> Q:
    """Say which laps changed since, or name another file or another state of a conflict.

    The races come first: of laps there are too many to look at each.
    """
    disputes = Conflict.objects.filter(written_since("id", since), kind="lap")
    entrants = Entrant.objects.filter(
        Q(race_id__in=changed(Kind.RACE, since))
        | Q(race_id__in=shown(Kind.LAPS, since))
        | Q(race_id__in=disputes.values("race_id"))
    )
    own = disputes.filter(
        race_id=OuterRef("entrant__race_id"),
        key=OuterRef("entrant__key"),
        number=OuterRef("number"),
    )
    return Q(entrant_id__in=entrants.values("pk")) & (
        written_since("entrant_id", since)
        | Q(entrant__race_id__in=shown(Kind.LAPS, since))
        | Q(Exists(own))
    )
