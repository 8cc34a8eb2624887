"""Laps of one race, by the writer that the run's flag names."""

from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.write import merge, orm


def write_laps(batch: LapBatch, *, journal: Journal) -> LapResult:
    """Write the staged laps of a race; give what became of them."""
    if batch.staged == 0:
        return LapResult(floor=batch.floor)
    if batch.run.writer == "orm":
        return orm.write_laps(batch, journal=journal)
    # None: files that state different columns meet, to be decided column by column.
    return merge.write_laps(batch, journal=journal) or orm.write_laps(
        batch, journal=journal
    )
