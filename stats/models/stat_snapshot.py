from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from races.models.fields import KeyField

#: What scopes and types are made of; `stats.snapshots.scopes` writes any text so.
SCOPE_PATTERN = r"^[A-Za-z0-9._~%-][A-Za-z0-9._~%/-]*$"
TYPE_PATTERN = r"^[a-z][a-z0-9_]*$"
SCOPE_LENGTH = 300
TYPE_LENGTH = 50


class JSONType(Func):
    """What a JSON value is: object, array, string, number, boolean, null."""

    function = "jsonb_typeof"
    output_field = models.CharField()


class StatSnapshot(models.Model):
    """A named document of figures, as it was at one moment; one for each scope and type.

    Only `stats.snapshots` writes it, by one atomic statement. Snapshots are not deleted:
    of one key, `version` goes up by 1 with every write and `fetched_at` never goes back.
    """

    scope = KeyField(max_length=SCOPE_LENGTH)
    stats_type = KeyField(max_length=TYPE_LENGTH)
    data = models.JSONField()
    version = models.PositiveBigIntegerField()
    #: When it was written, by the clock of the database.
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "stats_type"],
                name="statsnapshot_one_per_scope_and_type",
            ),
            models.CheckConstraint(
                name="statsnapshot_scope_is_an_address",
                condition=Q(scope__regex=SCOPE_PATTERN),
            ),
            models.CheckConstraint(
                name="statsnapshot_type_is_a_name",
                condition=Q(stats_type__regex=TYPE_PATTERN),
            ),
            models.CheckConstraint(
                name="statsnapshot_version_is_positive", condition=Q(version__gte=1)
            ),
            models.CheckConstraint(
                name="statsnapshot_data_is_an_object",
                condition=Exact(JSONType(F("data")), Value("object")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stats_type} of {self.scope}"
