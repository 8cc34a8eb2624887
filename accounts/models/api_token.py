from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class ApiToken(models.Model):
    """What a program shows instead of a password; only the digest of it is kept."""

    class Scope(models.TextChoices):
        READ = "read", "Read: everything that can be read"
        UPLOAD = "upload", "Upload: send files, and start their runs"
        RUN = "run", "Run: start, stop, confirm and revert runs; settle conflicts"

    class State(models.TextChoices):
        ACTIVE = "active"
        EXPIRED = "expired"
        REVOKED = "revoked"
        # Its user is, so nobody can use it.
        INACTIVE = "inactive"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    #: What it is for, in the words of the one who made it.
    name = models.CharField(max_length=100)
    #: sha256 of the secret, in hexadecimal. The secret is 256 random bits, so there is
    #: nothing to guess and no need of a slow hash.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    #: The first characters of the secret, to know it by.
    prefix = models.CharField(max_length=12, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    expires_at = models.DateTimeField()
    #: To the minute: it is written seldom.
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = "API token"
        # Nobody changes one: it is made, revoked, and stays on record.
        default_permissions = ("add", "view")
        permissions = [("revoke_apitoken", "Can revoke API tokens")]
        constraints = [
            models.CheckConstraint(
                name="apitoken_scopes_are_known_and_some",
                condition=Q(scopes__contained_by=["read", "upload", "run"])
                & Q(scopes__len__gt=0),
            ),
            models.CheckConstraint(
                name="apitoken_expires_after_it_was_made",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def state(self) -> State:
        """Give what it is good for now."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.expires_at <= timezone.now():
            return self.State.EXPIRED
        return self.State.ACTIVE if self.user.is_active else self.State.INACTIVE
