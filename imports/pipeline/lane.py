"""One worker of a run, and what stops it: between races, and between files."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from imports import flags
from imports.errors import (
    ImportsError,
    IngestDisabled,
    RunHandedBack,
    RunStopped,
)
from imports.models import Counts, ImportRun
from imports.pipeline import checkpoint
from imports.pipeline.checkpoint import Claim


@dataclass(frozen=True)
class Lane:
    """One worker of a run: its name, when it must stop, whom it tells."""

    name: str
    is_time_up: Callable[[], bool] = field(default=lambda: False)
    on_race: Callable[[Claim], None] = field(default=lambda claim: None)
    #: The races that it takes, by number; None: any of the run.
    numbers: frozenset[int] | None = None
    #: A person waits for it: it works though DB_POOL_MAX lanes do.
    is_urgent: bool = False

    @cached_property
    def owner(self) -> str:
        """The lane's name, like no other's: what it owns under it is its own."""
        return owner_name(self.name)


@dataclass(frozen=True)
class Attempt:
    """What became of one attempt at a race: its rows, or a typed error."""

    claim: Claim
    total_ms: float
    rows: Counts = field(default_factory=Counts)
    error: ImportsError | None = None
    #: Not the race failed, but what was staged is gone.
    is_staging_lost: bool = False


def owner_name(name: str) -> str:
    """Give a name that nobody else has: host, process and chance beside it."""
    return (
        f"{name[:40]}@{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
    )


def heed_stop(run: ImportRun) -> None:
    """Cancel the races that wait, where a person or the kill switch says stop."""
    is_off = not flags.is_ingest_enabled()
    this = ImportRun.objects.filter(pk=run.pk)
    if not is_off and not this.filter(is_cancel_requested=True).exists():
        return
    if checkpoint.cancel_waiting(run.pk) and is_off:
        this.update(is_cancel_requested=True, message=str(IngestDisabled()))


def heed_stop_between_files(
    run: ImportRun, *, is_time_up: Callable[[], bool] = lambda: False
) -> None:
    """Raise what ends the preparation here; what is staged stays for who goes on."""
    this = ImportRun.objects.filter(pk=run.pk)
    if not flags.is_ingest_enabled():
        this.filter(is_cancel_requested=False).update(
            is_cancel_requested=True, message=str(IngestDisabled())
        )
    [(is_cancelled, is_paused, message)] = this.values_list(
        "is_cancel_requested", "is_paused", "message"
    )
    if is_cancelled:
        raise RunStopped(message)
    if is_paused or is_time_up():
        raise RunHandedBack
