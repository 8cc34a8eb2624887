"""What `classify_laps` found in one race: outcomes, removals, where files disagree."""

import json
from collections.abc import Iterator
from uuid import UUID

from imports.models import Counts
from imports.pipeline.registers.decide import MANUAL_FROM, Dispute
from imports.pipeline.registers.journal import Journal
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.registers.laps import COLUMNS


def classify_laps(
    batch: LapBatch, *, journal: Journal, by: str, inserted: int = 0
) -> LapResult | None:
    """Run `merge_laps` or `plan_laps` and give what they found; None where mixed.

    `inserted` laps of the run stand in a race that had none; they come out unchanged
    and are counted as what they are.
    """
    [(read, summary, is_mixed, details)] = batch.run.tables.rows(
        by,
        **batch.parameters(),
        details=journal.room,
        is_listed=inserted == 0,
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
            "differing_duplicates", **batch.parameters(), details=journal.room
        )
        journal.add_lap_disputes(count, _disputes(details))
    counts = Counts(**figures) + Counts(
        read=read, inserted=inserted, unchanged=-inserted, duplicates=duplicates
    )
    return LapResult(
        counts=counts,
        removed=removed,
        floor=batch.raised_floor,
        is_fresh=inserted > 0,
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
