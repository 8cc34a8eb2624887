"""Who prepares a run: claimed by compare-and-swap, kept by heartbeats, fenced by epoch.

All clocks are the database's, but for one: an owner that could not beat for a whole
lease, by its own clock, stops itself.
"""

import threading
import time
from functools import partial
from types import TracebackType
from typing import Any

from django.db import connection
from django.utils import timezone

from imports import conf
from imports.errors import ImportsError, LeaseLost, StagingLost
from imports.models import FailedAttempt, ImportRun
from imports.pipeline import trouble
from imports.sql import statement

BEATS_A_LEASE = 6
STOP_SECONDS = 5
TAKEN = (
    "Another worker has taken the run over; nothing of this attempt was kept. Look at "
    "the run in the admin, or go on with it by ingest_races --resume."
)


def claim(run: ImportRun, *, owner: str, from_state: str) -> bool:
    """Become the one who prepares the run, as it was read; False where it moved on.

    `owner` is a name that nobody else has: asked once more, because the answer was
    lost with its connection, it is found to have the run already.
    """
    _touch("claim_run", run, owner=owner, from_state=from_state)
    mine = ImportRun.objects.filter(
        pk=run.pk, owner=owner, epoch=run.epoch + 1, state=ImportRun.State.STAGING
    )
    if not mine.exists():
        return False
    run.refresh_from_db()
    return True


def hold(run: ImportRun) -> None:
    """See that the run is still ours, and keep it so until the transaction ends."""
    if not _touch("hold_run", run):
        raise LeaseLost(TAKEN)


def move(run: ImportRun, *, to_state: str) -> None:
    """Say how far the preparation is; LeaseLost where the run is no longer ours."""
    if not _touch("move_run", run, to_state=to_state):
        raise LeaseLost(TAKEN)
    run.state = to_state


def explain(error: Exception) -> ImportsError:
    """Give the error of ours that a database error means to a preparer."""
    found = trouble.explain(error)
    # Who takes its tables away has taken the run.
    return LeaseLost(TAKEN) if isinstance(found, StagingLost) else found


def release(run: ImportRun) -> None:
    """Give the run back to the queue; whoever claims it next prepares it anew."""
    _touch("release_run", run)


def keep_failure(run: ImportRun, error: ImportsError) -> None:
    """Keep that preparing the run failed, though another attempt may succeed."""
    failed = partial(
        FailedAttempt.objects.create,
        run_id=run.pk,
        failed_at=timezone.now(),
        error_code=error.code,
        sqlstate=error.facts.get("sqlstate") or "",
    )
    trouble.patiently(failed)


def hand_back(run: ImportRun) -> bool:
    """Give the run back as if this attempt had not been; False where it is not ours."""
    return _touch("hand_back_run", run)


def is_being_prepared(run: ImportRun) -> bool:
    """Whether somebody stages or plans the run now."""
    states = [ImportRun.State.STAGING, ImportRun.State.PLANNED]
    return ImportRun.objects.filter(pk=run.pk, state__in=states).exists()


def is_alive(run: ImportRun) -> bool:
    """Whether who works on the run has given a sign of life within the lease."""
    return seconds_alive(run) > 0


def seconds_alive(run: ImportRun) -> float:
    """Give for how long they still count as alive; negative: nobody does."""
    with connection.cursor() as cursor:
        lease = conf.get("LEASE_SECONDS")
        cursor.execute(statement("seconds_alive"), {"run": run.pk, "lease": lease})
        row = cursor.fetchone()
    return float(row[0]) if row else -1.0


class Heartbeat:
    """Beats beside the work, on a connection of its own; a context manager.

    The first beat comes after the first interval: the claim was the first sign of life.
    """

    def __init__(self, run: ImportRun) -> None:
        self._run = ImportRun(pk=run.pk, epoch=run.epoch)
        self._lease: float = conf.get("LEASE_SECONDS")
        self._seen = time.monotonic()
        self._is_lost = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join(STOP_SECONDS)

    def check(self) -> None:
        """Stop an owner whom others must take for dead."""
        if self._is_lost or time.monotonic() - self._seen > self._lease:
            raise LeaseLost(TAKEN)

    def _beat_on(self) -> None:
        try:
            while not self._is_over.wait(self._lease / BEATS_A_LEASE):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        began = time.monotonic()
        try:
            is_ours = _touch("beat", self._run)
        except trouble.DatabaseErrors:
            # The next beat connects anew; silence for a lease is the end.
            connection.close()
            return
        if is_ours:
            self._seen = began
        else:
            self._is_lost = True


def _touch(name: str, run: ImportRun, **parameters: Any) -> bool:
    """Run a statement that is fenced by the run's epoch; whether it hit the run."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement(name), {"run": run.pk, "epoch": run.epoch, **parameters}
        )
        return bool(cursor.rowcount == 1)
