"""Signs of life of processes: who, what it is, how much memory it ever had."""

import os
import resource
import socket
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from imports.models import Pulse

#: Processes that nobody heard of for so long are forgotten.
FORGET_AFTER = timedelta(days=1)
UNIT = 1 if sys.platform == "darwin" else 1024


def beat() -> None:
    """Say that this process lives, and the most memory that it ever had."""
    name = f"{socket.gethostname()[:80]}-{os.getpid()}"
    keep(name, role=_role(), peak=peak_memory_bytes())


def keep(name: str, *, role: str = "", peak: int | None = None) -> None:
    """Keep a sign of life under a name."""
    pulse = Pulse(name=name, role=role, seen_at=timezone.now(), peak_memory_bytes=peak)
    Pulse.objects.bulk_create(
        [pulse],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["role", "seen_at", "peak_memory_bytes"],
    )


def last(name: str) -> datetime | None:
    """Give when a sign of life was last kept under a name."""
    return Pulse.objects.filter(name=name).values_list("seen_at", flat=True).first()


def forget_old() -> None:
    """Forget processes that nobody has heard of for a day."""
    Pulse.objects.filter(seen_at__lt=timezone.now() - FORGET_AFTER).delete()


def peak_memory_bytes() -> int:
    """Give the most memory that this process ever had in RAM."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def _role() -> str:
    """Give the command of manage.py that this process runs, or its program."""
    program = Path(sys.argv[0]).name
    if program in ("manage.py", "django-admin") and len(sys.argv) > 1:
        return sys.argv[1][:50]
    return program[:50]
