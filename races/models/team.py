from django.db import models

from races.models.fields import EmptyObjectField, KeyField, key_is_normalized
from races.models.versioned import Versioned


class Team(Versioned):
    """A team, stable or constructor, shared by the races of one source."""

    source = KeyField(max_length=50)
    key = KeyField()
    name = models.CharField(max_length=300, null=True, blank=True)
    attributes = EmptyObjectField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], name="team_one_per_source_and_key"
            ),
            key_is_normalized("team"),
        ]

    def __str__(self) -> str:
        return self.name or self.key
