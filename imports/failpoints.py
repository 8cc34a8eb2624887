"""Named places where tests end a process, stop it or make it fail.

`IMPORTS_FAILPOINT=before_commit:kill:3` kills the process as it comes to that place
for the third time; several are separated by commas. Unset, a call is one look into an
empty dict.

| action    | what happens                                                         |
|-----------|----------------------------------------------------------------------|
| `kill`    | SIGKILL: no handler runs, as in a power cut                          |
| `abort`   | SIGABRT, as a crash in native code                                   |
| `stop`    | SIGSTOP: frozen until someone sends SIGCONT                          |
| `raise`   | a `FailpointReached`, a mistake of ours                              |
| `sleep`   | the number is seconds, each time                                     |
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from django.core.exceptions import ImproperlyConfigured

Name = Literal[
    # manifest.py: stored, not yet under its hash.
    "mid_store",
    # actions.py: taken in, made, taken on.
    "after_register",
    "after_run_created",
    "after_run_claimed",
    # stage.py: in a COPY, between files, all files in.
    "mid_copy",
    "mid_stage",
    "after_copy",
    # run.py: preparing.
    "after_plan",
    "before_shared_rows",
    "after_shared_rows",
    # run.py, write/race.py: one race, from its claim to its commit.
    "after_claim",
    "after_lock",
    "after_records",
    "before_laps",
    "after_laps",
    "before_refresh",
    "before_done",
    "before_commit",
    "after_commit",
    # run.py, finish.py: the end of the run.
    "before_finish",
    "mid_finish",
    "after_finish",
]
NAMES: tuple[str, ...] = get_args(Name)


class FailpointReached(RuntimeError):
    """A failpoint was told to raise."""


@dataclass
class _Armed:
    """What a failpoint does, and at which hit."""

    action: str
    number: float = 1
    hits: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, name: str) -> None:
        with self.lock:
            self.hits += 1
            is_due = self.action == "sleep" or self.hits == self.number
        if is_due:
            ACTIONS[self.action](name, self.number)


def _signal(number: int) -> Callable[[str, float], None]:
    return lambda name, _: os.kill(os.getpid(), number)


def _raise(name: str, _: float) -> None:
    raise FailpointReached(f"The failpoint {name} was told to raise.")


def _abort(name: str, _: float) -> None:
    os.abort()


def _sleep(name: str, seconds: float) -> None:
    time.sleep(seconds)


ACTIONS: dict[str, Callable[[str, float], None]] = {
    "kill": _signal(signal.SIGKILL),
    "stop": _signal(signal.SIGSTOP),
    "abort": _abort,
    "raise": _raise,
    "sleep": _sleep,
}

_armed: dict[str, _Armed] = {}


def failpoint(name: Name) -> None:
    """Do what the tests have armed this place with; nothing anywhere else."""
    if name in _armed:
        _armed[name].hit(name)


def arm(text: str) -> None:
    """Arm the failpoints that the text names, and no others; refuse what is unknown."""
    armed = dict(_parse(item) for item in text.split(",") if item)
    _armed.clear()
    _armed.update(armed)


def _parse(item: str) -> tuple[str, _Armed]:
    name, _, rest = item.partition(":")
    action, _, number = rest.partition(":")
    try:
        count = float(number or 1)
    except ValueError:
        count = -1
    if name not in NAMES or action not in ACTIONS or count <= 0:
        raise ImproperlyConfigured(
            f"IMPORTS_FAILPOINT has {item!r}: must be NAME:ACTION:NUMBER, the name one "
            f"of {', '.join(NAMES)}; the action one of {', '.join(ACTIONS)}."
        )
    return name, _Armed(action=action, number=count)
