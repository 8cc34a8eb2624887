"""A queue cluster as processes: `manage.py qcluster` in a session of its own."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

#: Environment of a cluster: the id of its heartbeat, and the watchdog it dies with.
HEARTBEAT = "IMPORTS_HEARTBEAT"
WATCHDOG = "IMPORTS_WATCHDOG"


class Cluster:
    """One run of qcluster; its main process leads the group of all its processes."""

    def __init__(self, heartbeat_id: int) -> None:
        manage = Path(settings.BASE_DIR) / "manage.py"
        self._born = time.monotonic()
        # Our own interpreter, our own command.
        self._main = subprocess.Popen(  # noqa: S603
            [sys.executable, str(manage), "qcluster"],
            env={
                **os.environ,
                HEARTBEAT: str(heartbeat_id),
                WATCHDOG: str(os.getpid()),
            },
            start_new_session=True,
        )
        self.pid = self._main.pid

    @property
    def seconds_lived(self) -> float:
        """For how long it has been there."""
        return time.monotonic() - self._born

    def is_over(self) -> bool:
        """Whether its main process has ended; it is not reaped by that."""
        if self._main.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def ask_to_stop(self) -> None:
        """Tell the main process alone: its workers would die amid their tasks."""
        if not self.is_over():
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> int:
        """Kill what is left of the group, reap the main process, give its exit code.

        In that order: while it is not reaped, its number is nobody else's group.
        """
        if self._main.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        return self._main.wait()
