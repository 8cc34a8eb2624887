from django.db import models

from races.models.fields import EmptyObjectField, KeyField, key_is_normalized
from races.models.versioned import Versioned


class Venue(Versioned):
    """A circuit, course or track, shared by the meetings of one source."""

    source = KeyField(max_length=50)
    key = KeyField()
    name = models.CharField(max_length=300, null=True, blank=True)
    locality = models.CharField(max_length=200, null=True, blank=True)
    country = models.CharField(max_length=100, null=True, blank=True)
    timezone = models.CharField(max_length=64, null=True, blank=True)
    attributes = EmptyObjectField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], name="venue_one_per_source_and_key"
            ),
            key_is_normalized("venue"),
        ]

    def __str__(self) -> str:
        return self.name or self.key
