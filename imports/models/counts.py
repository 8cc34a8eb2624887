"""What became of the rows of a race, a file or a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from django.db import models


@dataclass(frozen=True)
class Counts:
    """Rows by outcome. read = the sum of the others (the accounting identity)."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    #: The store holds a newer version of the row.
    older: int = 0
    #: Another file says otherwise, and policy `hold` keeps what is stored.
    held: int = 0
    #: The same key stands once more in the files of the run, and lost there.
    duplicates: int = 0
    rejected: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNTS))

    @property
    def is_balanced(self) -> bool:
        """Whether every row that was read has exactly one outcome."""
        return self.read * 2 == sum(self.as_dict().values())

    @property
    def written(self) -> int:
        """Rows whose stored values changed."""
        return self.inserted + self.updated

    def as_dict(self) -> dict[str, int]:
        """Give the counts by name, in order."""
        return {name: getattr(self, name) for name in COUNTS}

    @classmethod
    def of(cls, value: Mapping[str, int] | None) -> "Counts":
        """Read counts from their JSON form."""
        return cls(**value) if value else cls()

    @classmethod
    def sum(cls, values: Iterable["Counts"]) -> "Counts":
        """Add up counts."""
        return sum(values, start=cls())


COUNTS = tuple(f.name for f in fields(Counts))


class CountedRows(models.Model):
    """Row counts of a finished piece of work, as `Counts` in JSON."""

    rows = models.JSONField(default=dict)
    laps = models.JSONField(default=dict)
    conflicts = models.PositiveBigIntegerField(default=0)
    #: Rows that complete files no longer hold: laps and stops deleted, entrants
    #: withdrawn. They are no rows of the files.
    removed = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    @property
    def row_counts(self) -> Counts:
        """The counts of all rows."""
        return Counts.of(self.rows)

    @property
    def lap_counts(self) -> Counts:
        """The counts of the laps among them."""
        return Counts.of(self.laps)
