"""The database cannot be reached: told without it, once a machine, and when it is over.

What is remembered lies in a small file, so that cron, the watchdog and the workers of
one machine tell once together; where it cannot be written, each process remembers for
itself.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from django.utils import timezone

from imports import conf
from imports.alerts import channels, words
from imports.alerts.channels import Message
from imports.alerts.limits import limit
from imports.alerts.rules import UNREACHABLE
from imports.errors import Undelivered
from imports.models import Alert, AlertDelivery

log = structlog.get_logger(__name__)

MESSAGE = (
    "The database cannot be reached ({error}). Nothing is imported meanwhile, and "
    "nothing that was committed is lost. Look at the PostgreSQL server, and at "
    "DATABASE_URL; workers go on by themselves once it answers."
)


@dataclass(frozen=True)
class Outage:
    """Since when the database is away, and whom that was told."""

    since: str
    error: str
    id: str = field(default_factory=lambda: str(uuid4()))
    told: tuple[str, ...] = ()

    @property
    def began(self) -> datetime:
        """Since when."""
        return datetime.fromisoformat(self.since)

    @property
    def alert(self) -> Alert:
        """The alert that nobody can store now."""
        return Alert(
            rule=UNREACHABLE,
            severity=Alert.Severity.CRITICAL,
            message=MESSAGE.format(error=self.error),
            opened_at=self.began,
            seen_at=timezone.now(),
        )


_remembered: dict[str, Outage] = {}


def tell(error: Exception, *, at_once: bool = False) -> bool:
    """Tell that the database is away; True where somebody was told now.

    Not before it was away for ALERT_DATABASE_SECONDS, unless at once: a restart of
    the server is no outage. A channel that fails is tried again at the next call.
    """
    outage = known() or _begin(error)
    away = (timezone.now() - outage.began).total_seconds()
    if not at_once and away < limit("DATABASE_SECONDS"):
        return False
    told = [
        c for c in channels.configured() if c not in outage.told and _tell(c, outage)
    ]
    if told:
        _remember(replace(outage, told=(*outage.told, *told)))
    return bool(told)


def known() -> Outage | None:
    """Give the outage that is remembered; None where there is none."""
    file = _file()
    if file is not None:
        with suppress(OSError, ValueError, TypeError):
            found = json.loads(file.read_text())
            return Outage(**{**found, "told": tuple(found["told"])})
    return _remembered.get("outage")


def forget() -> bool:
    """Forget the outage, once it is over; True for the one of many who was first."""
    file = _file()
    in_memory = _remembered.pop("outage", None) is not None
    if file is None:
        return in_memory
    try:
        file.unlink()
    except FileNotFoundError:
        return in_memory
    except OSError:
        return False
    return True


def _begin(error: Exception) -> Outage:
    # Its words may hold addresses and names of users.
    outage = Outage(since=timezone.now().isoformat(), error=type(error).__name__)
    log.error("database_unreachable", error=outage.error)
    _remember(outage)
    return outage


def _remember(outage: Outage) -> None:
    file = _file()
    if file is not None:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(outage)))
            fresh.replace(file)
            return
    _remembered["outage"] = outage


def _tell(channel: str, outage: Outage) -> bool:
    said = words.payload(outage.alert, AlertDelivery.Event.OPENED)
    try:
        channels.send(channel, Message(UUID(outage.id), said))
    except Undelivered as error:
        log.error("alert_not_sent", channel=channel, why=str(error))
        return False
    return True


def _file() -> Path | None:
    path = conf.get("OUTAGE_FILE")
    return Path(path) if path else None
