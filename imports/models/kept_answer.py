from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, to be said again.

    It commits with what the request did: an answer that is kept is of work that is in,
    and work that is in has its answer kept.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    #: As the client chose it, among its user's.
    key = models.CharField(max_length=255)
    #: sha256 of what was asked: the same key with another request is refused.
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=500, blank=True)
    #: The JSON that was sent, word for word.
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="keptanswer_one_per_user_and_key"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="keptanswer_by_age")]

    def __str__(self) -> str:
        return f"answer to {self.key}"
