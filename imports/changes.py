"""What changed since a moment among the records of ingestion: files, runs, conflicts.

They need no marks: the server keeps which transaction wrote a row.
"""

from django.db.models import Q

from imports.models import RaceCheckpoint
from ingestion_site.lib.api_changes import Moment, written_since


def touched_records(since: Moment) -> Q:
    """Say which files, rejections or conflicts were written since."""
    return written_since("id", since)


def touched_runs(since: Moment) -> Q:
    """Say which runs were written since, or have a race that was."""
    races = RaceCheckpoint.objects.filter(written_since("id", since))
    return written_since("id", since) | Q(pk__in=races.values("run_id"))
