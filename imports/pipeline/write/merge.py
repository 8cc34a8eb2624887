"""The set-based lap writer: one statement from staging into the table.

Same tables and same counts as `orm`, several times as fast.
"""

from imports.models import Counts
from imports.pipeline.write.lap_batch import LapBatch, LapResult


def write_laps(batch: LapBatch) -> LapResult | None:
    """Write the laps of a race; None, and nothing written, where columns differ."""
    if len(batch.run.lap_columns) > 1:
        return None
    files = batch.run.file_arrays()
    tables = batch.run.tables
    [(inserted, updated, unchanged, older, conflicts, is_mixed)] = tables.rows(
        "merge_laps", floor=batch.floor, **batch.parameters(), **files
    )
    if is_mixed:
        return None
    duplicates = batch.staged - (inserted + updated + unchanged + older)
    if duplicates:
        del files["columns"]
        [differing] = tables.column(
            "count_differing_duplicates", **batch.parameters(), **files
        )
        conflicts += differing
    counts = Counts(
        read=batch.staged,
        inserted=inserted,
        updated=updated,
        unchanged=unchanged,
        older=older,
        duplicates=duplicates,
    )
    return LapResult(counts=counts, conflicts=conflicts)
