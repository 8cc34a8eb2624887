"""Make, know and revoke tokens. The secret leaves `issue` once and is kept nowhere."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import ApiToken

log = structlog.get_logger(__name__)

#: Scanners of repositories know a secret of ours by it.
MARK = "scr_"
SECRET_BYTES = 32
SHOWN_CHARS = 12
WELL_FORMED = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")
DEFAULT_DAYS = 90
MOST_DAYS = 366
#: `last_used_at` is not written more often.
USED_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Issued:
    """A token and its secret, to be shown once; the secret stays out of its repr."""

    token: ApiToken
    secret: str = field(repr=False)


@sensitive_variables("secret")
def issue(
    user: Any, *, name: str, scopes: Iterable[str], days: int, by: Any = None
) -> Issued:
    """Make a token of the user; the caller has checked that `by` may."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"A token lasts 1 to {MOST_DAYS} days, not {days}.")
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    now = timezone.now()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=_digest(secret),
        prefix=secret[:SHOWN_CHARS],
        scopes=[scope.value for scope in ApiToken.Scope if scope in set(scopes)],
        created_at=now,
        created_by=by,
        expires_at=now + dt.timedelta(days=days),
    )
    log.info("token_made", token=token.pk, user=user.pk, scopes=token.scopes)
    return Issued(token, secret)


@sensitive_variables("secret", "digest")
def find(secret: str) -> ApiToken | None:
    """Give the token that may be used now, with its user: one query, or none."""
    # Checked first: what no secret can be is not worth a query, nor safe in one.
    if not WELL_FORMED.fullmatch(secret):
        return None
    digest = _digest(secret)
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    if token is None or not compare_digest(token.digest, digest):
        return None
    return token if token.state == ApiToken.State.ACTIVE else None


def note_use(token: ApiToken) -> None:
    """Write down that it was used, unless that was done within the minute."""
    now = timezone.now()
    before = now - USED_EVERY
    if token.last_used_at is not None and token.last_used_at > before:
        return
    # Asked again in the statement: of many requests at a time one writes.
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=before)
    ApiToken.objects.filter(is_due, pk=token.pk).update(last_used_at=now)


def revoke(tokens: QuerySet[ApiToken], *, by: Any = None) -> int:
    """Revoke those that are not yet, for good; give how many."""
    revoked = tokens.filter(revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=by
    )
    log.info("tokens_revoked", tokens=revoked, by=getattr(by, "pk", None))
    return revoked


@sensitive_variables("secret")
def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
