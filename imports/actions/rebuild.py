"""Work out anew what follows from the rows of races; the rows stay as they are."""

from collections.abc import Callable

from django.db import transaction

from imports.pipeline import checkpoint
from races.changes import mark_race
from races.models import Race
from stats.fingerprint import fingerprint
from stats.refresh import refresh_race


def rebuild_stats(
    *, source: str | None, on_race: Callable[[], object] = lambda: None
) -> int:
    """Refresh the stats and warnings of every race, or of a source's; give how many.

    Each race is refreshed under its lock, in a transaction of its own: imports may go
    on beside it.
    """
    races = Race.objects.all()
    if source is not None:
        races = races.filter(meeting__source=source)
    names = races.order_by("pk").values_list(
        "pk", "meeting__source", "meeting__key", "key"
    )
    done = 0
    for pk, *name in names.iterator():
        with transaction.atomic(durable=True):
            checkpoint.lock_race_by_key(*name)
            # It may have been reverted since it was listed.
            if Race.objects.filter(pk=pk).exists():
                _refresh(pk)
                done += 1
        on_race()
    return done


def _refresh(race_id: int) -> None:
    """Refresh a race; where that changed anything, who follows changes must hear of it."""
    before = fingerprint(race_id)
    refresh_race(race_id)
    if fingerprint(race_id) != before:
        mark_race(race_id)
