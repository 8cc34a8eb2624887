"""What becomes of a race, or of the shared rows: counts, conflicts, what was before.

Filled while rows are decided, for a plan as for a write; `write/keep.py` writes it down.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from imports.models import Counts, RowRevision
from imports.pipeline.registers.decide import MANUAL_FROM, Decision, Dispute
from imports.pipeline.registers.staged import StagedRun
from races.models import Versioned


@dataclass(frozen=True)
class Place:
    """The race that is written; of the shared rows, no race."""

    checkpoint_id: int | None = None
    meeting_key: str = ""
    race_key: str = ""


@dataclass
class Journal:
    """The record of one transaction, under way."""

    run: StagedRun
    place: Place
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Rows that complete files no longer hold.
    removed: int = 0
    conflicts: int = 0
    #: Whether any value changes: then stats follow.
    is_changed: bool = False
    #: Ids of the rows that were made, by model.
    inserted: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: Conflicts in full, as far as there is room.
    details: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[RowRevision] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The rows that were decided here; read is the sum of the outcomes."""
        return Counts(read=self.outcomes.total(), **self.outcomes)

    @property
    def room(self) -> int:
        """How many more conflicts are kept in full."""
        return max(self.run.conflict_rows - len(self.details), 0)

    def add(
        self,
        decision: Decision,
        *,
        kind: str,
        key: str = "",
        number: int = 0,
        meeting_key: str = "",
    ) -> None:
        """Count a decision, and keep where files disagree."""
        if decision.read:
            self.outcomes[decision.outcome] += 1
            self.outcomes["duplicates"] += decision.read - 1
        self.removed += decision.is_removed
        self.is_changed = self.is_changed or decision.changes_values
        for dispute in decision.disputes:
            self.conflicts += not dispute.is_edit
            self._keep_dispute(
                dispute, kind=kind, key=key, number=number, meeting_key=meeting_key
            )

    def add_lap_disputes(
        self, count: int, disputes: Iterable[tuple[str, int, Dispute]]
    ) -> None:
        """Take the conflicts that the set-based lap writer has found."""
        self.conflicts += count
        for key, number, dispute in disputes:
            self._keep_dispute(dispute, kind="lap", key=key, number=number)

    def take_disputes(self, other: "Journal") -> None:
        """Take the conflicts of a journal whose rows are counted apart."""
        self.conflicts += other.conflicts
        self.is_changed = self.is_changed or other.is_changed
        self.details += other.details[: self.room]

    def _keep_dispute(
        self,
        dispute: Dispute,
        *,
        kind: str,
        key: str,
        number: int,
        meeting_key: str = "",
    ) -> None:
        if self.room:
            self.details.append(
                {
                    "kind": kind,
                    "meeting_key": meeting_key or self.place.meeting_key,
                    "key": key,
                    "number": number,
                    **_detail(dispute, holds=self.run.holds),
                }
            )

    def keep(self, row: Versioned, *, is_deleted: bool = False) -> None:
        """Keep what a row is, before it is changed."""
        self.revisions.append(
            RowRevision(
                run_id=self.run.run_id,
                checkpoint_id=self.place.checkpoint_id,
                kind=str(row._meta.model_name),
                row_id=row.pk,
                before=snapshot(row),
                is_deleted=is_deleted,
            )
        )


def snapshot(row: Model) -> dict[str, Any]:
    """Give all columns of a row, as JSON takes them."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    taken: dict[str, Any] = json.loads(json.dumps(values, cls=_ExactEncoder))
    return taken


class _ExactEncoder(DjangoJSONEncoder):
    """JSON from which a value comes back as it was: Django's cuts microseconds off."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime | time) else super().default(o)


def _detail(dispute: Dispute, *, holds: bool) -> dict[str, Any]:
    rule, state = _ruling(dispute, holds=holds)
    return {
        "older_version": dispute.older_version,
        "newer_version": dispute.newer_version,
        "older_row": dispute.older_row,
        "newer_row": dispute.newer_row,
        "fields": dispute.fields,
        "in_force": "older" if dispute.is_older_in_force else "newer",
        "rule": rule,
        "state": state,
    }


def _ruling(dispute: Dispute, *, holds: bool) -> tuple[str, str]:
    """Give the rule that settles a dispute, and the state that this leaves it in."""
    if dispute.is_edit:
        return "manual", "settled"
    if dispute.newer_version >= MANUAL_FROM:
        return "manual", "open"
    state = "open" if holds else "ruled"
    if dispute.older_version == dispute.newer_version:
        return "last_row", state
    return ("hold" if dispute.is_older_in_force else "newest"), state
