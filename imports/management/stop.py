"""The signals that end a command: SIGTERM and Ctrl-C. The first is heeded where it does
no harm, the second at once.

While a run is made, nothing is cut: `check` asks. While it is prepared, the work is cut,
since nothing of it is committed. From the first time that a lane asks, races in work
end first.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether a signal has asked the command to end; a context manager."""

    def __init__(self) -> None:
        self.is_asked = False
        self._is_cut = False
        #: Whether the first signal ends the work at once, and whether the second does.
        self._may_cut = self._is_cuttable = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Stop":
        if threading.current_thread() is threading.main_thread():
            self._handlers = {
                number: signal.signal(number, self._heed) for number in SIGNALS
            }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """End here if it was asked for."""
        if self.is_asked and not self._is_cut:
            self._is_cut = True
            raise KeyboardInterrupt

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Let what goes on in here be ended at once, anywhere."""
        self._may_cut = self._is_cuttable = True
        try:
            self.check()
            yield
        finally:
            self._may_cut = self._is_cuttable = False

    def is_asked_by_lane(self) -> bool:
        """Say it to a lane between its races: from now on, races in work end first."""
        self._may_cut = False
        return self.is_asked

    def _heed(self, number: int, frame: FrameType | None) -> None:
        is_due = self._is_cuttable if self.is_asked else self._may_cut
        self.is_asked = True
        # What is ended at once cleans up, undisturbed.
        if is_due and not self._is_cut:
            self._is_cut = True
            raise KeyboardInterrupt
