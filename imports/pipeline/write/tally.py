"""Count what became of the rows of a race while they are written."""

from collections import Counter
from dataclasses import dataclass, field

from imports.models import Counts
from imports.pipeline.write.decide import Decision


@dataclass
class Tally:
    """Rows by outcome, and the conflicts among them."""

    outcomes: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0

    def add(self, decision: Decision) -> None:
        """Count the rows that one key's decision was made of."""
        self.outcomes[decision.outcome] += 1
        self.outcomes["duplicates"] += decision.duplicates
        self.conflicts += decision.conflicts

    @property
    def counts(self) -> Counts:
        """The counts; read is the sum of the outcomes."""
        return Counts(read=self.outcomes.total(), **self.outcomes)
