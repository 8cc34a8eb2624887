"""The set-based lap writer: one statement from staging into the table.

Same tables and same counts as `orm`, several times as fast.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from imports.models import Counts
from imports.pipeline.registers.decide import MANUAL_FROM, NEVER, Dispute
from imports.pipeline.registers.laps import COLUMNS
from imports.pipeline.write.journal import Journal
from imports.pipeline.write.lap_batch import LapBatch, LapResult


def write_laps(batch: LapBatch, *, journal: Journal) -> LapResult | None:
    """Write the laps of a race; None, and nothing written, where columns differ."""
    if not is_uniform(batch):
        return None
    inserted = 0
    is_fresh = not batch.has_laps and batch.floor.version == NEVER
    if is_fresh:
        inserted = batch.run.tables.execute("insert_laps", **_parameters(batch))
    if inserted == batch.staged:
        return LapResult(
            counts=Counts(read=inserted, inserted=inserted),
            floor=batch.raised_floor,
            is_fresh=True,
        )
    return _merge_laps(batch, inserted=inserted, journal=journal)


def is_uniform(batch: LapBatch) -> bool:
    """Whether all staged laps state the same columns, and the floor's file too.

    Also where two complete files meet, or a complete one is contested under `hold`,
    each lap must be decided by itself.
    """
    run, floor = batch.run, batch.floor
    if len(run.lap_columns) != 1:
        return False
    if batch.complete and (run.holds or len(batch.stating) > 1):
        return False
    return floor.version == NEVER or {floor.columns} == run.lap_columns


def _merge_laps(
    batch: LapBatch, *, inserted: int, journal: Journal
) -> LapResult | None:
    """Compare the laps with what is stored, the ones just inserted among it."""
    parameters = _parameters(batch)
    [(read, summary, is_mixed, details)] = batch.run.tables.rows(
        "merge_laps", **parameters, details=journal.room, is_listed=inserted == 0
    )
    batch.check_staged(read)
    if is_mixed:
        return None
    figures = json.loads(summary)
    journal.add_lap_disputes(figures.pop("conflicts"), _disputes(details))
    removed = figures.pop("removed")
    duplicates = read - sum(figures.values())
    if duplicates:
        [(count, details)] = batch.run.tables.rows(
            "differing_duplicates", **parameters, details=journal.room
        )
        journal.add_lap_disputes(count, _disputes(details))
    counts = Counts(**figures) + Counts(
        read=read, inserted=inserted, unchanged=-inserted, duplicates=duplicates
    )
    return LapResult(
        counts=counts, removed=removed, floor=batch.raised_floor, is_fresh=inserted > 0
    )


def _disputes(details: str | None) -> Iterator[tuple[str, int, Dispute]]:
    """Give the disputes that SQL found: entrant's key, lap number, the two sides."""
    for row in json.loads(details or "[]"):
        was = (UUID(row["was_version"]), row["was_row"], row["was"])
        said = (UUID(row["version"]), row["row"], row["said"])
        older, newer = (was, said) if was[0] <= said[0] else (said, was)
        fields = {
            column: (before, after)
            for column, before, after in zip(COLUMNS, older[2], newer[2], strict=True)
            if before != after
        }
        dispute = Dispute(
            older_version=older[0],
            newer_version=newer[0],
            older_row=older[1],
            newer_row=newer[1],
            fields=fields,
            is_older_in_force=row["is_held"],
            is_edit=said[0] >= MANUAL_FROM,
        )
        yield row["key"], row["number"], dispute


def _parameters(batch: LapBatch) -> dict[str, Any]:
    return {
        "floor": batch.floor.version,
        "complete": batch.complete[0].version if batch.complete else None,
        "never": NEVER,
        "manual": MANUAL_FROM,
        "holds": batch.run.holds,
        "checkpoint": batch.place.checkpoint_id,
        **batch.parameters(),
        **batch.run.file_arrays(),
    }
