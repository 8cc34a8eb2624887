from django.db import models


class WorkerHeartbeat(models.Model):
    """A queue cluster under its watchdog: who it is, and its last signs of life.

    All times are the database's.
    """

    class State(models.TextChoices):
        # Started; no task of it has beaten yet.
        STARTING = "starting"
        WORKING = "working"
        # Told to stop: it ends the tasks in work.
        STOPPING = "stopping"
        STOPPED = "stopped"

    #: The host, and something that no other watchdog has.
    name = models.CharField(max_length=100, unique=True)
    host = models.CharField(max_length=100)
    #: Of the cluster's main process, where it runs.
    pid = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.STARTING)
    #: When this cluster was started, the last time.
    started_at = models.DateTimeField()
    #: The watchdog's own sign of life.
    seen_at = models.DateTimeField()
    #: Since when a canary is unanswered; NULL: none is.
    asked_at = models.DateTimeField(null=True, blank=True)
    #: When the last canary was rung.
    rung_at = models.DateTimeField(null=True, blank=True)
    #: When a worker of the cluster last beat.
    beat_at = models.DateTimeField(null=True, blank=True)
    #: How often the cluster was started again, and why the last time.
    restarts = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)

    class Meta:
        get_latest_by = "started_at"
        verbose_name = "worker"

    def __str__(self) -> str:
        return self.name
