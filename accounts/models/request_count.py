from django.db import models


class RequestCount(models.Model):
    """How often somebody asked since the window began; an UNLOGGED table.

    A crash of the server empties it, and everybody starts anew: nothing else is lost.
    """

    #: Who, and what for: see `rates`.
    key = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    requests = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="requestcount_is_positive",
                condition=models.Q(requests__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.requests}"
