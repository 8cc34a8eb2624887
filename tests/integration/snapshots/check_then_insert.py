"""What the atomic upsert is there to replace: look first, then insert or update."""

from collections.abc import Callable
from typing import Any

from stats.models import StatSnapshot


def check_then_insert(
    scope: str,
    stats_type: str,
    data: dict[str, Any],
    *,
    between: Callable[[], Any] = lambda: None,
    now: Any,
) -> None:
    """Write one document as is often done; `between` is the moment that is fatal."""
    held = StatSnapshot.objects.filter(scope=scope, stats_type=stats_type).first()
    between()
    if held is None:
        StatSnapshot.objects.create(
            scope=scope, stats_type=stats_type, data=data, version=1, fetched_at=now
        )
        return
    held.data = data
    held.version += 1
    held.fetched_at = now
    held.save()
