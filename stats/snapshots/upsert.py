"""Documents -> snapshots by one statement; whatever others do meanwhile, none is lost.

Works inside of a transaction and without one, and opens none.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import stamina
from django.db import connection

from stats.errors import StaleSnapshot
from stats.models import StatSnapshot
from stats.snapshots.batch import BatchResult, SnapshotWrite
from stats.snapshots.checks import check_key, check_version, checked_batch, checked_json
from stats.snapshots.retry import is_repeatable

#: How long a statement is repeated that the database undoes at a stricter isolation.
REPEAT_SECONDS = 30


def atomic_upsert_snapshot(
    scope: str,
    stats_type: str,
    data: dict[str, Any],
    *,
    expected_version: int | None = None,
) -> StatSnapshot:
    """Write one document and give it with its version and time.

    Without an expected version the last write wins. With one it is written only over
    that version, with 0 only where there is no snapshot; else StaleSnapshot says which
    version there is, and nothing is written.
    """
    check_key(scope, stats_type)
    check_version(expected_version)
    write = SnapshotWrite(scope, stats_type, data, expected_version)
    result = _upsert([write], [checked_json(data)])
    if result.stale:
        raise result.stale[0]
    return result.written[0]


def atomic_upsert_snapshots(writes: Iterable[SnapshotWrite]) -> BatchResult:
    """Write many documents by one statement, each as `atomic_upsert_snapshot` does.

    Those whose version is not the expected one are in `stale` of the result, and the
    others are written; both in the order given.
    """
    batch = list(writes)
    texts = checked_batch(batch)
    return _upsert(batch, texts) if batch else BatchResult([], [])


def _upsert(writes: Sequence[SnapshotWrite], texts: Sequence[str]) -> BatchResult:
    returned = _send(writes, texts)
    missing = [write for write in writes if write.key not in returned]
    found = _versions_found(missing) if missing else {}
    return BatchResult(
        written=[
            _snapshot(write, returned[write.key])
            for write in writes
            if write.key in returned
        ],
        stale=[
            StaleSnapshot(
                scope=write.scope,
                stats_type=write.stats_type,
                expected=write.expected_version or 0,
                found=found.get(write.key, 0),
            )
            for write in missing
        ],
    )


def _send(
    writes: Sequence[SnapshotWrite], texts: Sequence[str]
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Give id, version and time of what was written, by key."""
    parameters: dict[str, Any] = {
        "scopes": [write.scope for write in writes],
        "types": [write.stats_type for write in writes],
        "texts": list(texts),
        "expected": [write.expected_version for write in writes],
    }
    for attempt in stamina.retry_context(
        on=is_repeatable,
        attempts=None,
        timeout=REPEAT_SECONDS,
        wait_initial=0.005,
        wait_max=0.5,
        wait_jitter=0.05,
    ):
        with attempt, connection.cursor() as cursor:
            cursor.execute(_statement(), parameters)
            rows = cursor.fetchall()
    return {(row[1], row[2]): (row[0], row[3], row[4]) for row in rows}


@cache
def _statement() -> str:
    return (Path(__file__).parent / "upsert.sql").read_text()


def _versions_found(writes: Iterable[SnapshotWrite]) -> dict[tuple[str, str], int]:
    """Give the versions that stand in the way. A statement of its own: it sees them."""
    keys = {write.key for write in writes}
    held = StatSnapshot.objects.filter(
        scope__in={scope for scope, _ in keys},
        stats_type__in={stats_type for _, stats_type in keys},
    ).values_list("scope", "stats_type", "version")
    return {
        (scope, stats_type): version
        for scope, stats_type, version in held
        if (scope, stats_type) in keys
    }


def _snapshot(write: SnapshotWrite, returned: tuple[Any, ...]) -> StatSnapshot:
    pk, version, fetched_at = returned
    snapshot = StatSnapshot(
        pk=pk,
        scope=write.scope,
        stats_type=write.stats_type,
        data=write.data,
        version=version,
        fetched_at=fetched_at,
    )
    snapshot._state.adding = False
    return snapshot
