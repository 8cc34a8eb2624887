"""A request that may come twice -> done once: its answer is kept, and said again.

Who sends an Idempotency-Key does not know whether the first request arrived. The
answer commits with what was done; refusals and failures are not kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from imports import conf
from imports.errors import KeyReused
from imports.models import KeptAnswer
from imports.sql import statement

#: Answers that one purge forgets, at most.
PURGED_AT_ONCE = 1_000


@dataclass(frozen=True)
class Answer:
    """What a request is answered with: JSON, as it is sent."""

    status: int
    body: str
    location: str = ""
    #: Whether it was given before.
    is_kept: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that may come twice: whose, under which key, and what it asks for."""

    by: User
    key: str
    sha256: str


def answer_once(asked: Asked, *, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and keep the answer; give the kept one where it was done before.

    Of two at the same moment one waits for the other. KeyReused where the key was given
    with something else.
    """
    if kept := kept_answer(asked):
        return kept
    with transaction.atomic():
        if not _claim(asked):
            kept = kept_answer(asked)
            assert kept, "who has the key committed its answer with it"
            return kept
        answer = do()
        KeptAnswer.objects.filter(user=asked.by, key=asked.key).update(
            status=answer.status, body=answer.body, location=answer.location
        )
    return answer


def kept_answer(asked: Asked) -> Answer | None:
    """Give the answer that was given under the key, if any was."""
    kept = KeptAnswer.objects.filter(user=asked.by, key=asked.key).first()
    if kept is None:
        return None
    if kept.request_sha256 != asked.sha256:
        raise KeyReused(
            f"The Idempotency-Key {asked.key!r} was given with another request at "
            f"{kept.created_at:%Y-%m-%d %H:%M:%S} UTC. Send a key of its own with each "
            "thing that you ask for."
        )
    return Answer(kept.status, kept.body, kept.location, is_kept=True)


def purge_answers() -> int:
    """Forget answers that were kept long enough; give how many."""
    oldest = timezone.now() - timedelta(hours=conf.get("ANSWER_HOURS"))
    with connection.cursor() as cursor:
        cursor.execute(
            statement("purge_answers"), {"oldest": oldest, "most": PURGED_AT_ONCE}
        )
        return int(cursor.rowcount)


def _claim(asked: Asked) -> bool:
    """Take the key; waits for who has it uncommitted, and is False where they keep it."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("claim_key"),
            {"user": asked.by.pk, "key": asked.key, "sha256": asked.sha256},
        )
        return bool(cursor.rowcount)
