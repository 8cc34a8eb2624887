"""No process of a queue cluster outlives its parent.

django-q's workers go on taking tasks when their sentinel or their main process is
killed. Linux kills them with it, if they ask for that; elsewhere this does nothing,
and the watchdog kills the process group.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

#: Who forks now: the parent that a child must still have after it has asked.
_forking = 0


def die_with_parent(parent: int) -> None:
    """Have this process killed when its parent ends, also if that is over already.

    Linux means the thread of the parent that started it: clusters start processes from
    main threads alone.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def forks_die_with_us() -> None:
    """Have every process that is forked from now on, here or below, die so."""
    os.register_at_fork(before=_remember, after_in_child=_die_with_parent)


def _remember() -> None:
    global _forking
    _forking = os.getpid()


def _die_with_parent() -> None:
    die_with_parent(_forking)
