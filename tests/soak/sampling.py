"""What a tree of processes and its connections hold, second by second."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psutil

from tests.crash.database import PrivateServer

MIB = 1024**2
#: The processes that read files come and go, and are bounded by themselves.
READER = "imports.readers.sandbox.child"
IDLE_SECONDS = 5

QUESTION = """
SELECT count(*),
       count(*) FILTER (WHERE state LIKE 'idle in transaction%%'
                        AND state_change < clock_timestamp() - %s * interval '1 second'),
       count(*) FILTER (WHERE application_name = 'scrutineer lane'),
       (SELECT count(*) FROM django_q_ormq)
FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'scrutineer')
"""


@dataclass(frozen=True)
class Sample:
    """One look: bytes, counts, and seconds since the first."""

    second: float
    #: Of all processes but the readers.
    rss: int
    files: int
    processes: int
    reader_rss: int
    connections: int
    idle_in_transaction: int
    lanes: int
    queue: int


class _Looker:
    """Asks the server every so often, in a thread, until it is left."""

    every_seconds: float

    def __init__(self, server: PrivateServer) -> None:
        self._server = server
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._thread.join(10)

    def take(self, *found: int) -> None:
        """Keep what QUESTION found."""
        raise NotImplementedError

    def _run(self) -> None:
        with self._server.connect() as connection:
            while True:
                found = connection.execute(QUESTION, [IDLE_SECONDS]).fetchone()
                assert found
                self.take(*found)
                if self._is_over.wait(self.every_seconds):
                    return


class Connections(_Looker):
    """Counts the connections of ours every two milliseconds."""

    every_seconds = 0.002

    def __init__(self, server: PrivateServer) -> None:
        super().__init__(server)
        self.counts: list[int] = []

    def take(self, *found: int) -> None:
        self.counts.append(found[0])


class Sampler(_Looker):
    """Takes a sample of a tree of processes every second."""

    every_seconds = 1

    def __init__(self, pid: int, *, server: PrivateServer) -> None:
        super().__init__(server)
        self.samples: list[Sample] = []
        self._root = psutil.Process(pid)
        self._began = time.monotonic()

    def take(self, *found: int) -> None:
        self.samples.append(self._look(*found))

    def _look(self, connections: int, idle: int, lanes: int, queue: int) -> Sample:
        ours, readers = _tree(self._root)
        return Sample(
            second=time.monotonic() - self._began,
            rss=sum(rss for rss, _ in ours),
            files=sum(files for _, files in ours),
            processes=len(ours),
            reader_rss=max((rss for rss, _ in readers), default=0),
            connections=connections,
            idle_in_transaction=idle,
            lanes=lanes,
            queue=queue,
        )


def _tree(root: psutil.Process) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Give bytes and open files of each process: of ours, and of readers."""
    ours, readers = [], []
    for process in [root, *root.children(recursive=True)]:
        try:
            with process.oneshot():
                held = (process.memory_info().rss, process.num_fds())
                is_reader = READER in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        (readers if is_reader else ours).append(held)
    return ours, readers


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Give the median of the last quarter as a multiple of that of the second.

    The first quarter is left out: caches fill, and workers that were forked copy pages.
    """
    quarter = len(samples) // 4
    if quarter == 0:
        return 1.0
    second = statistics.median(map(of, samples[quarter : 2 * quarter]))
    last = statistics.median(map(of, samples[-quarter:]))
    return last / second if second else 1.0


def figures(samples: Sequence[Sample]) -> dict[str, Any]:
    """Sum samples up."""
    return {
        "samples": len(samples),
        "rss_mib": round(max(s.rss for s in samples) / MIB),
        "rss_growth": round(growth(samples, lambda s: s.rss), 3),
        "rss_per_process_growth": round(
            growth(samples, lambda s: s.rss / max(s.processes, 1)), 3
        ),
        "reader_mib": round(max(s.reader_rss for s in samples) / MIB),
        "files": max(s.files for s in samples),
        "files_growth": round(growth(samples, lambda s: s.files), 3),
        "processes": max(s.processes for s in samples),
        "connections": max(s.connections for s in samples),
        "lanes": max(s.lanes for s in samples),
        "idle_in_transaction": max(s.idle_in_transaction for s in samples),
        "queue": max(s.queue for s in samples),
    }
