"""The set-based lap writer: one statement from staging into the table.

Same tables and same counts as `orm`, several times as fast.
"""

from imports.models import Counts
from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.registers.lap_summary import classify_laps
from imports.pipeline.registers.laps import NO_FLOOR


def write_laps(batch: LapBatch, *, journal: Journal) -> LapResult | None:
    """Write the laps of a race; None, and nothing written, where columns differ."""
    if not batch.is_uniform:
        return None
    inserted = 0
    if not batch.has_laps and batch.floor == NO_FLOOR:
        inserted = batch.run.tables.execute("insert_laps", **batch.parameters())
    if inserted == batch.staged:
        return LapResult(
            counts=Counts(read=inserted, inserted=inserted),
            floor=batch.raised_floor,
            is_fresh=True,
        )
    return classify_laps(batch, journal=journal, inserted=inserted, by="merge_laps")
