"""Named documents, written by one atomic statement each time.

    atomic_upsert_snapshot   one document; the last write wins, or an expected version does
    atomic_upsert_snapshots  many of them by one statement
    update_snapshot          read, change and write, again where another was faster
    scope_of                 the scope that some texts give

What comes in is checked (`checks.py`): wrong input is a `SnapshotInvalid`, never an
error of the database. Nothing here opens a transaction, or needs one.
"""

from stats.snapshots.batch import BatchResult, SnapshotWrite
from stats.snapshots.scopes import scope_of
from stats.snapshots.update import update_snapshot
from stats.snapshots.upsert import atomic_upsert_snapshot, atomic_upsert_snapshots

__all__ = [
    "BatchResult",
    "SnapshotWrite",
    "atomic_upsert_snapshot",
    "atomic_upsert_snapshots",
    "scope_of",
    "update_snapshot",
]
