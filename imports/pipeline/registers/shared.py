"""What a run says of venues, teams, competitors and meetings, beside what is stored."""

from dataclasses import dataclass
from typing import Any

from imports.pipeline.registers.decide import Decision
from imports.pipeline.registers.records import (
    candidates_by_key,
    decide_records,
    references_of,
)
from imports.pipeline.registers.staged import StagedRecord, StagedRun
from races.models import Competitor, Meeting, Team, Venue


@dataclass(frozen=True)
class Shared:
    """A model whose rows the races of a source share: each has a source and a key."""

    model: Any
    kind: str
    #: Kind of the records that refer to it; a meeting is referred to by every row.
    referrer: str = ""

    def mentioned(self, run: StagedRun) -> list[str]:
        """Give the keys that the run's rows refer to."""
        if not self.referrer:
            return run.tables.column("staged_meeting_keys")
        return run.tables.column(
            "staged_references", kind=self.referrer, column=self.kind
        )


#: In the order in which they are written: a meeting refers to its venue.
SHARED = (
    Shared(Venue, "venue", referrer="meeting"),
    Shared(Team, "team", referrer="entrant"),
    Shared(Competitor, "competitor", referrer="entrant"),
    Shared(Meeting, "meeting"),
)


def decide_shared(
    shared: Shared, records: list[StagedRecord], *, run: StagedRun
) -> tuple[dict[str, Decision], dict[str, Any]]:
    """Decide the rows of one model; give also those that are stored, by key."""
    if not records:
        return {}, {}
    model = shared.model
    candidates = candidates_by_key(
        model,
        records,
        key=lambda r: r.meeting_key if model is Meeting else r.key,
        files=run.files,
    )
    found = model._default_manager.filter(source=run.source, key__in=candidates)
    stored = {
        row.key: row for row in found.select_related(*references_of(shared.model))
    }
    return decide_records(candidates, stored=stored, holds=run.holds), stored
