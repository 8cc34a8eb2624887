"""The set-based lap writer: one statement from staging into the table.

Same tables and same counts as `orm`, several times as fast.
"""

from imports.models import Counts
from imports.pipeline.write.lap_batch import LapBatch, LapResult


def write_laps(batch: LapBatch) -> LapResult | None:
    """Write the laps of a race; None, and nothing written, where columns differ."""
    if len(batch.run.lap_columns) > 1:
        return None
    inserted = 0
    if not batch.has_laps:
        inserted = batch.run.tables.execute("insert_laps", **_parameters(batch))
    if inserted == batch.staged:
        return LapResult(counts=Counts(read=inserted, inserted=inserted))
    return _merge_laps(batch, inserted=inserted)


def _merge_laps(batch: LapBatch, *, inserted: int) -> LapResult | None:
    """Compare the laps with what is stored, the ones just inserted among it."""
    tables = batch.run.tables
    [(more, updated, unchanged, older, conflicts, is_mixed)] = tables.rows(
        "merge_laps", **_parameters(batch)
    )
    if is_mixed:
        return None
    duplicates = batch.staged - (more + updated + unchanged + older)
    if duplicates:
        conflicts += tables.column("count_differing_duplicates", **_parameters(batch))[
            0
        ]
    counts = Counts(
        read=batch.staged,
        inserted=inserted + more,
        updated=updated,
        unchanged=unchanged - inserted,
        older=older,
        duplicates=duplicates,
    )
    return LapResult(counts=counts, conflicts=conflicts)


def _parameters(batch: LapBatch) -> dict[str, object]:
    return {"floor": batch.floor, **batch.parameters(), **batch.run.file_arrays()}
