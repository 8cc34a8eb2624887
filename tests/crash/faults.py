"""The faults: each breaks the work on one delivery and says how often it struck."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError
from django.db.backends.signals import connection_created

from tests.crash.proxy import ANYTHING, COMMIT, LossyProxy
from tests.crash.scene import SHORT_LIMITS, Scene
from tests.crash.worker import KILLED, Setup
from tests.crash.world import Delivery

#: How long a command takes undisturbed; where a fault strikes lies within.
COMMAND_SECONDS = 0.35
FREEZE_AT = (
    "after_run_claimed",
    "mid_stage",
    "after_plan",
    "before_shared_rows",
    "after_claim",
    "after_lock",
    "before_laps",
    "before_done",
    "before_commit",
    "before_finish",
)
Fault = Callable[[Scene, Delivery], None]


def kill_at_random(scene: Scene, delivery: Delivery) -> None:
    """SIGKILL the worker, and perhaps the one that goes on after it."""
    for _ in range(scene.random.choice((1, 1, 2))):
        worker = scene.start(delivery)
        time.sleep(scene.random.uniform(0, COMMAND_SECONDS))
        scene.count("kill at random", worker.kill())


def kill_at(name: str, *, most: int) -> Fault:
    """SIGKILL at a failpoint, at the first to the `most`th time it is met."""

    def strike(scene: Scene, delivery: Delivery) -> None:
        number = scene.random.randint(1, most)
        if name == "mid_store":
            # Another source has stored the same bytes: nothing would be stored.
            shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        setup = scene.with_failpoint(f"{name}:kill:{number}")
        code = scene.start(delivery, setup).wait()
        scene.count(f"kill at {name}", code == KILLED)

    return strike


def raise_at(name: str) -> Fault:
    """A mistake of ours at a failpoint: an exception that nobody expects."""

    def strike(scene: Scene, delivery: Delivery) -> None:
        setup = scene.with_failpoint(f"{name}:raise:1")
        scene.start(delivery, setup).wait()
        scene.count("exception at a failpoint", True)

    return strike


def terminate_backends(scene: Scene, delivery: Delivery) -> None:
    """Let the server end connections of the worker, one or all, once or more."""
    worker = scene.start(delivery)
    server = scene.stage.server
    for _ in range(scene.random.choice((1, 1, 2, 3))):
        time.sleep(scene.random.uniform(0, COMMAND_SECONDS / 2))
        pids = server.backends()
        if pids and scene.random.random() < 0.5:
            pids = [scene.random.choice(pids)]
        scene.count("backend terminated", server.terminate_backends(pids))
    worker.wait()


def crash_server(scene: Scene, delivery: Delivery) -> None:
    """Stop the server at once and start it again; the worker lives on."""
    worker = scene.start(delivery)
    time.sleep(scene.random.uniform(0.02, COMMAND_SECONDS))
    scene.stage.server.crash()
    scene.count("server stopped", True)
    worker.wait()


def crash_server_and_worker(scene: Scene, delivery: Delivery) -> None:
    """As if the machine lost its power."""
    worker = scene.start(delivery)
    time.sleep(scene.random.uniform(0.02, COMMAND_SECONDS))
    scene.count("kill at random", worker.kill())
    scene.stage.server.crash()
    scene.count("server stopped", True)


def lose_commit(scene: Scene, delivery: Delivery) -> None:
    """Commit on the server, and never tell the worker."""
    _lose(scene, delivery, word=COMMIT, nth=scene.random.randint(1, 14))


def lose_answer(scene: Scene, delivery: Delivery) -> None:
    """The same for any statement: a claim, a move of the run's state, a COPY."""
    _lose(scene, delivery, word=ANYTHING, nth=scene.random.randint(1, 160))


def _lose(scene: Scene, delivery: Delivery, *, word: bytes, nth: int) -> None:
    server = scene.stage.server
    proxy = LossyProxy(server.socket, scene.stage.folder, nth=nth, word=word)
    try:
        scene.start(delivery, scene.with_prepare(proxy.go_through)).wait()
    finally:
        proxy.close()
    scene.count(f"{word.decode().lower() or 'other'} answer lost", proxy.lost)


def freeze(scene: Scene, delivery: Delivery) -> None:
    """Freeze at any of the points where a worker holds something."""
    freeze_at(scene.random.choice(FREEZE_AT))(scene, delivery)


def freeze_at(name: str) -> Fault:
    """SIGSTOP the worker past its lease; another brings the delivery in meanwhile."""

    def strike(scene: Scene, delivery: Delivery) -> None:
        number = scene.random.randint(1, 4)
        setup = scene.with_failpoint(f"{name}:stop:{number}")
        setup.settings = SHORT_LIMITS
        frozen = scene.start(delivery, setup)
        if not frozen.wait_until_stopped():
            return
        time.sleep(SHORT_LIMITS["LEASE_SECONDS"] + 0.1)
        try:
            scene.bring_in(delivery)
        finally:
            os.kill(frozen.pid, signal.SIGCONT)
            frozen.wait()
        scene.count("freeze past the lease", True)

    return strike


def overtake(scene: Scene, delivery: Delivery) -> None:
    """Wake a frozen lane as soon as its race, and only that, is done by another."""
    setup = scene.with_failpoint(f"after_claim:stop:{scene.random.randint(1, 4)}")
    setup.settings = SHORT_LIMITS
    frozen = scene.start(delivery, setup)
    if not frozen.wait_until_stopped():
        return
    time.sleep(SHORT_LIMITS["LEASE_SECONDS"] + 0.1)
    # Its other lanes are frozen in their transactions: the server must end those too.
    setup = scene.with_failpoint("after_commit:stop:1")
    setup.settings = SHORT_LIMITS
    other = scene.start(delivery, setup)
    is_overtaken = other.wait_until_stopped()
    os.kill(frozen.pid, signal.SIGCONT)
    frozen.wait()
    if is_overtaken:
        os.kill(other.pid, signal.SIGCONT)
        other.wait()
    scene.count("freeze, overtaken", is_overtaken)


def fail_query(number: int, *, is_lost: bool) -> Callable[[], None]:
    """Give what makes the Nth query of a worker fail, its connection lost or not."""

    def install() -> None:
        failing = FailingQuery(number, is_lost=is_lost)
        connection_created.connect(failing.watch, weak=False)

    return install


class FailingQuery:
    """Counts the queries of all connections; one of them fails."""

    #: Written to by the worker that met it, read by the sweep.
    MARK = "crash-query-met"

    def __init__(self, number: int, *, is_lost: bool) -> None:
        self._left = number
        self._is_lost = is_lost
        self._lock = threading.Lock()

    def watch(self, connection: Any, **kwargs: Any) -> None:
        """Look at every query of a new connection."""
        if self not in connection.execute_wrappers:
            connection.execute_wrappers.append(self)

    def __call__(
        self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        with self._lock:
            self._left -= 1
            is_due = self._left == 0
        if is_due:
            print(self.MARK, flush=True)
            if self._is_lost:
                context["connection"].connection.close()
            message = "the connection was lost, as the test wants it"
            raise OperationalError(message) from psycopg.OperationalError(message)
        return execute(sql, params, many, context)


def nth_query(scene: Scene, delivery: Delivery, *, number: int, is_lost: bool) -> bool:
    """Let the Nth query fail; False where the command has fewer."""
    mark = FailingQuery.MARK
    before = scene.stage.log.read_text().count(mark)
    setup: Setup = scene.with_prepare(fail_query(number, is_lost=is_lost))
    scene.start(delivery, setup).wait()
    is_met = scene.stage.log.read_text().count(mark) > before
    scene.count("query failed", is_met)
    return is_met
