"""Read a document, change it, write it over what was read; again where that moved."""

from collections.abc import Callable
from typing import Any

import stamina

from stats.errors import StaleSnapshot
from stats.models import StatSnapshot
from stats.snapshots.checks import check_key
from stats.snapshots.upsert import atomic_upsert_snapshot

Change = Callable[[dict[str, Any]], dict[str, Any]]

PATIENCE_SECONDS = 30


def update_snapshot(
    scope: str,
    stats_type: str,
    change: Change,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> StatSnapshot:
    """Write what `change` makes of the document; no update of others is lost.

    `change` gets the document, an empty one where there is none yet, and gives the new
    one. It is called again where another was faster, so it must do nothing else. Of
    those that meet, one always gets through; who does not within the patience raises
    StaleSnapshot.
    """
    check_key(scope, stats_type)
    for attempt in stamina.retry_context(
        on=StaleSnapshot,
        attempts=None,
        timeout=patience_seconds,
        # As long as a write, then up to some of them, never in step with the others.
        wait_initial=0.002,
        wait_max=0.1,
        wait_jitter=0.02,
    ):
        with attempt:
            held = StatSnapshot.objects.filter(scope=scope, stats_type=stats_type)
            read = held.first()
            return atomic_upsert_snapshot(
                scope,
                stats_type,
                change(read.data if read else {}),
                expected_version=read.version if read else 0,
            )
    raise AssertionError("stamina ends by a result or an error")
