"""What every row that files write carries: where each of its values came from."""

import uuid

from django.db import models

from races.models.fields import EmptyObjectField

#: The version of an implied row (something was mentioned, nothing was stated):
#: any real row beats it.
ZERO_VERSION = uuid.UUID(int=0)


class Versioned(models.Model):
    """A row whose columns are last-write-wins registers, ordered by version.

    `version` is the highest version that stated anything about the row, and names
    the source file (docs/adr/0003: 16 bits priority, 48 bits observed_at, 64 bits
    sha256). `column_versions` maps each version, as hex, to the sorted columns that
    it decides; a column named nowhere was never stated. Both follow from the set of
    files alone, never from their order.
    """

    version = models.UUIDField(
        default=ZERO_VERSION, db_default=ZERO_VERSION, editable=False
    )
    column_versions = EmptyObjectField(editable=False)

    class Meta:
        abstract = True

    @property
    def is_implied(self) -> bool:
        """Whether no file has stated this row yet, only rows below it."""
        return self.version == ZERO_VERSION
