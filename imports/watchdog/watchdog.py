"""The loop: one cluster, kept alive until a signal says stop.

A main process that ended is started again, with a pause that grows; a cluster that is
wedged (it looks healthy and runs nothing) is killed and started again at once.
"""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

import structlog
from django.db import connection

from imports import conf
from imports.models import WorkerHeartbeat
from imports.pipeline import trouble
from imports.watchdog import heartbeat
from imports.watchdog.cluster import Cluster
from imports.watchdog.heartbeat import Heartbeat
from imports.watchdog.rounds import Rounds
from imports.watchdog.verdict import Verdict, judge, next_pause

log = structlog.get_logger(__name__)

State = WorkerHeartbeat.State
Given = TypeVar("Given")

#: Processes are looked at so often; the database less.
POLL_SECONDS = 0.2
LOOK_SECONDS = 5.0
ENDED = "Its main process ended (exit code {code})."
WEDGED = "No worker of it gave a sign of life for {seconds:g} s."


class Watchdog:
    """Runs a cluster; `run` returns when it was told to stop and all is over."""

    def __init__(self) -> None:
        self._silence_allowed: float = conf.get("WATCHDOG_SECONDS")
        self._look_every = min(LOOK_SECONDS, self._silence_allowed / heartbeat.BEATS)
        self._heartbeat: Heartbeat | None = None
        self._signals = 0
        self._pause = 0.0
        self._starts = 0
        self._why = ""
        self._looked = time.monotonic()
        self._is_deaf = False

    def run(self) -> None:
        """Keep a cluster alive until SIGTERM or SIGINT; a second one kills it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)
        with Rounds():
            while not self._signals:
                self._run_cluster()
        self._tell(lambda row: row.moved(State.STOPPED))

    def _hear(self, number: int, frame: FrameType | None) -> None:
        # Nothing but this: a handler may come amid anything.
        self._signals += 1

    def _run_cluster(self) -> None:
        """Run one cluster to its end: told to stop, dead, or killed."""
        heartbeat_id = self._tell(lambda row: row.id)
        if heartbeat_id is None:
            # Its tasks could not be asked for either.
            self._rest(lived=0)
            return
        cluster = Cluster(heartbeat_id)
        is_wedged = False
        try:
            self._say_started(cluster)
            is_wedged = self._watch(cluster)
            if self._signals:
                self._stop(cluster)
        finally:
            lived, code = cluster.seconds_lived, cluster.kill()
        if self._signals:
            return
        said = {"code": code, "seconds": self._silence_allowed}
        self._why = (WEDGED if is_wedged else ENDED).format(**said)
        log.error("worker_restarted", pid=cluster.pid, why=self._why)
        if not is_wedged:
            self._rest(lived=lived)

    def _say_started(self, cluster: Cluster) -> None:
        started, self._starts = self._starts, self._starts + 1
        self._looked = time.monotonic()
        self._tell(
            lambda row: row.started(
                pid=cluster.pid, restarts=started, message=self._why
            )
        )
        self._tell(lambda row: heartbeat.forget_the_dead())

    def _watch(self, cluster: Cluster) -> bool:
        """Watch until a signal, its end (False) or its wedging (True)."""
        while not (self._signals or cluster.is_over()):
            if self._is_time_to_look():
                verdict = self._judge()
                if verdict.is_wedged:
                    return True
                if verdict.is_to_be_rung:
                    self._tell(lambda row: row.ask(by_ringing=True))
            time.sleep(POLL_SECONDS)
        return False

    def _stop(self, cluster: Cluster) -> None:
        """Let it end its tasks: while they give signs of life, and not for ever."""
        self._tell(lambda row: row.moved(State.STOPPING))
        self._tell(lambda row: row.ask(by_ringing=False))
        cluster.ask_to_stop()
        deadline = time.monotonic() + conf.get("STOP_SECONDS")
        while not cluster.is_over():
            if self._signals > 1 or time.monotonic() > deadline:
                log.error("worker_killed", pid=cluster.pid, why="it does not stop")
                return
            if self._is_time_to_look():
                if self._judge().is_wedged:
                    log.error("worker_killed", pid=cluster.pid, why="it is silent")
                    return
                self._tell(lambda row: row.ask(by_ringing=False))
            time.sleep(POLL_SECONDS)

    def _is_time_to_look(self) -> bool:
        return bool(time.monotonic() - self._looked >= self._look_every)

    def _judge(self) -> Verdict:
        """Look and judge; nothing is held against it while nobody could have heard."""
        slept = time.monotonic() - self._looked
        self._looked = time.monotonic()
        was_deaf, self._is_deaf = self._is_deaf, False
        if was_deaf or slept > self._silence_allowed / 2:
            self._tell(lambda row: row.forgive())
        silence = self._tell(lambda row: row.look())
        if silence is None:
            return Verdict(is_wedged=False, is_to_be_rung=False)
        return judge(silence, seconds=self._silence_allowed)

    def _rest(self, *, lived: float) -> None:
        """Wait before the next start; a signal ends it."""
        self._pause = next_pause(self._pause, lived=lived)
        until = time.monotonic() + self._pause
        while not self._signals and time.monotonic() < until:
            time.sleep(POLL_SECONDS)

    def _tell(self, say: Callable[[Heartbeat], Given]) -> Given | None:
        """Speak with the database; None where it is away, and that is remembered."""
        try:
            self._heartbeat = self._heartbeat or Heartbeat()
            return say(self._heartbeat)
        except trouble.DatabaseErrors as error:
            if not self._is_deaf:
                log.warning("watchdog_deaf", why=str(error).strip())
            self._is_deaf = True
            return None
        finally:
            connection.close()
