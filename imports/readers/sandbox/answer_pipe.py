"""The pipes to and from the child, as far as it is trusted: with a clock and a scale.

`frames.read_messages` reads from it as from a file. It gives bytes, or raises what
the file is refused with: time, output or scratch used up. Never blocks for longer
than the child has left, and never holds more than one message.
"""

import os
import select
import time
from collections.abc import Callable
from typing import IO

from imports.readers.sandbox import deaths
from imports.readers.sandbox.limits import MIB, Limits

CHUNK_BYTES = 1 << 16
#: The scratch folder is looked at so often.
PATROL_SECONDS = 0.25
#: A small file may give this much, whatever its size.
FREE_OUTPUT_BYTES = 64 * MIB


class AnswerPipe:
    """Sends requests, gives answers; `begin_file` starts the clock and the scale."""

    def __init__(
        self,
        *,
        requests: IO[bytes],
        answers: IO[bytes],
        limits: Limits,
        scratch_used: Callable[[], int],
    ) -> None:
        self._requests = requests.fileno()
        self._answers = answers.fileno()
        os.set_blocking(self._requests, False)
        self._limits = limits
        self._scratch_used = scratch_used
        self._buffer = bytearray()
        self._waited_seconds = 0.0
        self._patrolled_at = 0.0
        self._bytes_left = 0

    @property
    def is_drained(self) -> bool:
        """Whether the child has said nothing beyond its last answer."""
        return not self._buffer and not _is_ready(self._answers, select.POLLIN, 0)

    def begin_file(self, *, size_bytes: int) -> None:
        """Start to count for a file of this size."""
        self._waited_seconds = 0.0
        allowance = max(FREE_OUTPUT_BYTES, size_bytes * self._limits.output_ratio)
        self._allowance = min(allowance, self._limits.output_bytes)
        self._bytes_left = self._allowance

    def send(self, request: bytes) -> None:
        """Write a request; raises BrokenPipeError where nobody reads."""
        rest = memoryview(request)
        while rest:
            self._wait(self._requests, select.POLLOUT)
            rest = rest[os.write(self._requests, rest[:CHUNK_BYTES]) :]

    def readline(self, size: int, /) -> bytes:
        """Give a line with its end, or what there is before the pipe ends."""
        looked_at = 0
        while (end := self._buffer.find(b"\n", looked_at)) < 0:
            looked_at = len(self._buffer)
            if looked_at > size:
                raise deaths.too_much_output("What was refused in the file takes", size)
            if not self._fill():
                break
        return self._take(end + 1 if end >= 0 else len(self._buffer))

    def read(self, size: int, /) -> bytes:
        """Give so many bytes, fewer where the pipe ends."""
        while len(self._buffer) < size and self._fill():
            pass
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> bool:
        self._wait(self._answers, select.POLLIN)
        chunk = os.read(self._answers, CHUNK_BYTES)
        self._bytes_left -= len(chunk)
        if self._bytes_left < 0:
            raise deaths.too_much_output("Read, the file gives", self._allowance)
        self._buffer += chunk
        return bool(chunk)

    def _wait(self, pipe: int, event: int) -> None:
        """Wait for the child; only here does its clock run."""
        is_ready = False
        while not is_ready:
            began = time.monotonic()
            left = self._limits.wall_seconds - self._waited_seconds
            is_ready = _is_ready(pipe, event, min(left, PATROL_SECONDS))
            now = time.monotonic()
            self._waited_seconds += now - began
            if self._waited_seconds >= self._limits.wall_seconds:
                raise deaths.too_slow("time", self._limits.wall_seconds)
            if now - self._patrolled_at >= PATROL_SECONDS:
                self._patrol()
                self._patrolled_at = now

    def _patrol(self) -> None:
        if self._scratch_used() > self._limits.scratch_bytes:
            raise deaths.too_much_output(
                "Read, the file takes on disk", self._limits.scratch_bytes
            )


def _is_ready(pipe: int, event: int, seconds: float) -> bool:
    # Not select(): it refuses numbers above 1,023.
    poll = select.poll()
    poll.register(pipe, event)
    return bool(poll.poll(max(0.0, seconds) * 1_000))
