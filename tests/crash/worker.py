"""Workers: `manage.py ingest_races` in a process that is forked, not started.

Starting Python and Django takes a second, being forked from a process that has them
takes milliseconds; what runs in it is the command, by the same code. The same goes
for the child that reads files: the module is the same, it speaks over the same pipes.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from imports import failpoints
from imports.readers.sandbox import child as reader
from imports.readers.sandbox import parent as sandbox
from imports.readers.sandbox.limits import Limits

#: No command of these small files takes longer, unless it hangs.
PATIENCE_SECONDS = 60
KILLED = -signal.SIGKILL


class ForkedReader:
    """The child that reads files, as far as `Sandbox` knows a Popen."""

    def __init__(self, log: IO[bytes], folder: str) -> None:
        self._code: int | None = None
        requests, self._to_child = os.pipe()
        self._from_child, answers = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _become_reader(requests, answers, log=log, folder=folder)
        os.close(requests)
        os.close(answers)
        self.stdin = os.fdopen(self._to_child, "wb")
        self.stdout = os.fdopen(self._from_child, "rb")

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)

    def communicate(self) -> None:
        for pipe in (self.stdin, self.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        self.wait()

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            _, status = os.waitpid(self._pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
        return self._code


def _become_reader(requests: int, answers: int, *, log: IO[bytes], folder: str) -> None:
    try:
        os.setsid()
        for source, target in ((requests, 0), (answers, 1), (log.fileno(), 2)):
            os.dup2(source, target)
        # Among them the worker's connection: it must end as the worker ends.
        os.closerange(3, 1024)
        os.environ["TMPDIR"] = folder
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
        reader.main(Limits())
    finally:
        os._exit(0)


def fork_readers() -> None:
    """From now on, fork the children that read files."""

    def start(self: sandbox.Sandbox) -> Any:
        self._log.seek(0)
        self._log.truncate()
        self._child = ForkedReader(self._log, self._scratch.name)  # type: ignore[assignment]
        return self._child

    sandbox.Sandbox._start = start  # type: ignore[method-assign]


@dataclass
class Setup:
    """What is different in a worker from a plain command."""

    failpoint: str = ""
    #: IMPORTS_<NAME> settings.
    settings: dict[str, Any] = field(default_factory=dict)
    #: Called first: a planted bug, a failing query, another address of the server.
    prepare: Callable[[], None] = lambda: None
    #: What is called instead of the command: what the queue would call.
    call: Callable[[], None] | None = None


class Worker:
    """One command in a process of its own."""

    #: Those that are not over, as far as we have looked.
    alive: "ClassVar[set[Worker]]" = set()

    def __init__(self, *arguments: str, log: Path, setup: Setup | None = None) -> None:
        self._log = log
        self.code: int | None = None
        self.started = time.monotonic()
        connections.close_all()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _run(arguments, log=log, setup=setup or Setup())
        self.alive.add(self)

    def is_over(self) -> bool:
        """Whether it has ended; `code` is then its exit code, negative for a signal."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        if self.code is not None:
            self.alive.discard(self)
        return self.code is not None

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for its end; one that hangs is an error."""
        deadline = time.monotonic() + seconds
        pause = 0.001
        while not self.is_over():
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"A worker hangs.\n{self.output()}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
        assert self.code is not None
        return self.code

    def wait_until_stopped(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until it is frozen by SIGSTOP; False where it ended instead."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                return False
            time.sleep(0.002)
        raise AssertionError("A worker neither stops nor ends.")

    def kill(self) -> bool:
        """SIGKILL; False where it was over already."""
        if self.is_over():
            return False
        os.kill(self.pid, signal.SIGKILL)
        return self.wait() == KILLED

    @classmethod
    def kill_all(cls) -> None:
        """Kill what a scenario that went wrong has left."""
        for worker in list(cls.alive):
            worker.kill()

    def output(self) -> str:
        """Give what it wrote, for whoever has to find out why."""
        return self._log.read_text()[-4_000:]


def _run(arguments: tuple[str, ...], *, log: Path, setup: Setup) -> None:
    """Be the worker; never return to the code of the sweep."""
    code = 99
    try:
        os.setsid()
        with log.open("ab", buffering=0) as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        for name, value in setup.settings.items():
            setattr(settings, f"IMPORTS_{name}", value)
        setup.prepare()
        failpoints.arm(setup.failpoint)
        if setup.call:
            setup.call()
        else:
            call_command("ingest_races", *arguments)
        code = 0
    except SystemExit as ending:
        code = int(ending.code or 0)
    except CommandError as error:
        print(f"CommandError: {error}", file=sys.stderr)
        code = error.returncode
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
