from django.db import models


class Pulse(models.Model):
    """The last sign of life of a process that works or watches."""

    #: Host and process id; of what happens once for all, its name.
    name = models.CharField(max_length=100, unique=True)
    #: What the process is: qcluster, ingest_races, ingest_watch …
    role = models.CharField(max_length=50, blank=True)
    seen_at = models.DateTimeField()
    #: The most memory it ever had; NULL where nobody can say.
    peak_memory_bytes = models.PositiveBigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.role} {self.name}".strip()
