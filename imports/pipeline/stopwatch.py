"""Measure the stages of a run and keep the measures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from imports.models import ImportRun, StageTiming


class Stopwatch:
    """Times stages of one run; each becomes a StageTiming."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run

    @contextmanager
    def timing(
        self, stage: str, *, subject: str = "", size_bytes: int = 0
    ) -> Iterator[StageTiming]:
        """Time the block; it may set `rows` on what it gets."""
        timing = StageTiming(
            run=self._run,
            stage=stage,
            subject=subject,
            size_bytes=size_bytes,
            started_at=timezone.now(),
        )
        started = time.perf_counter()
        yield timing
        timing.seconds = time.perf_counter() - started
        timing.save()


class Laptimer:
    """Splits one race's work into named parts, in milliseconds; counts its statements."""

    def __init__(self) -> None:
        self._started = self._split = time.perf_counter()
        self.parts: dict[str, float] = {}
        self.queries = 0

    def count(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Count a statement and run it: an execute wrapper of the connection."""
        self.queries += 1
        return execute(*statement)

    def split(self, part: str) -> None:
        """Add the time since the last split to the part."""
        now = time.perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + (now - self._split) * 1000
        self._split = now

    @property
    def total_ms(self) -> float:
        """Milliseconds since the start."""
        return (time.perf_counter() - self._started) * 1000
