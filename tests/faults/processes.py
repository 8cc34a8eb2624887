"""`manage.py ingest_worker` with all that it starts, seen through /proc."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 90.0
#: As short as the system checks allow: what is measured is in proportion to these.
QUICK = {
    "IMPORTS_WATCHDOG_SECONDS": "12",
    "IMPORTS_WATCH_SECONDS": "2",
    "IMPORTS_LEASE_SECONDS": "6",
    "IMPORTS_STOP_SECONDS": "30",
    "WORKERS": "2",
}


def wait_for(
    what: Callable[[], object], why: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait until it is so; that it never is, is an error."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"After {seconds:g} s still not so: {why}.")
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Give the children of a process, the oldest first."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in (Path("/proc") / str(pid) / "task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, (task / "children").read_text().split())
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """Give all processes below one."""
    return [below for child in children(pid) for below in (child, *descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        state = (Path("/proc") / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(") ")[2][0] not in "ZX"


class Watched:
    """A watchdog and its cluster: the main process, the sentinel, two workers."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "ingest_worker"],
                cwd=PROJECT,
                env={**environment, **QUICK},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._log = log

    def wait_until_up(self) -> "Watched":
        """Wait until the cluster has all its processes."""
        wait_for(self._is_up, f"{self.pid} has a cluster")
        # Workers wait for tasks: what kills them then finds them idle.
        time.sleep(0.5)
        return self

    def _is_up(self) -> bool:
        assert self._process.poll() is None, self.output()
        return len(self._of_sentinel) >= 4

    @property
    def main(self) -> int:
        """The cluster's main process."""
        [main] = children(self.pid)
        return main

    @property
    def sentinel(self) -> int:
        """The process that starts the workers."""
        [sentinel] = children(self.main)
        return sentinel

    @property
    def workers(self) -> list[int]:
        """The workers: started first of the sentinel's, before monitor and pusher."""
        return self._of_sentinel[:2]

    @property
    def below(self) -> list[int]:
        """All processes of the cluster."""
        return descendants(self.pid)

    @property
    def _of_sentinel(self) -> list[int]:
        try:
            return children(self.sentinel)
        except ValueError:
            return []

    def kill_watchdog(self) -> None:
        """SIGKILL to the watchdog itself."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, as an operator does; give its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """End it, whatever state it is in."""
        below = self.below
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def output(self) -> str:
        """Give what it and its cluster wrote."""
        return self._log.read_text()[-4_000:]
