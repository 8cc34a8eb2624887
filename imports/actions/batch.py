"""Races in, settled results and typed errors out: the batch that all doors share."""

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from imports.actions.rollouts import Judging
from imports.actions.stop import ask_to_stop
from imports.models import ImportRun
from imports.pipeline import checkpoint, trouble
from imports.pipeline.checkpoint import Claim
from imports.pipeline.lane import Attempt, Lane
from imports.pipeline.run import run_lane

INTERRUPTED = "It was interrupted. Go on with it by ingest_races --resume."


@dataclass(frozen=True)
class Races:
    """Races of a prepared run: all that are open, or of those with these numbers."""

    run: ImportRun
    numbers: frozenset[int] | None = None


@dataclass(frozen=True)
class BatchOptions:
    """How lanes are called, when they must stop, whom they tell of each race."""

    name: str
    is_time_up: Callable[[], bool] = field(default=lambda: False)
    on_race: Callable[[Claim], None] = field(default=lambda claim: None)
    #: A person waits for it: it works though DB_POOL_MAX lanes do.
    is_urgent: bool = False

    def lane(self, number: int, *, races: Races, judging: Judging) -> Lane:
        """Give one of the lanes; between races it may judge rollouts."""

        def on_race(claim: Claim) -> None:
            self.on_race(claim)
            judging()

        return Lane(
            name=f"{self.name}-{number}",
            is_time_up=self.is_time_up,
            on_race=on_race,
            numbers=races.numbers,
            is_urgent=self.is_urgent,
        )


@dataclass(frozen=True)
class Batch:
    """All settled, not all or nothing: what is in, and why the rest is not."""

    done: tuple[Attempt, ...]
    #: Each with its `error`; a race that another attempt wrote is not among them.
    errors: tuple[Attempt, ...]
    seconds: float

    @property
    def retryable(self) -> int:
        """How many of the errors may go away by themselves."""
        return sum(bool(race.error and race.error.is_retryable) for race in self.errors)

    @property
    def longest(self) -> Attempt | None:
        """The race that took longest."""
        return max(
            (*self.done, *self.errors), key=lambda race: race.total_ms, default=None
        )

    @classmethod
    def of(cls, attempts: Collection[Attempt], *, seconds: float) -> "Batch":
        """Tell the last attempt at each race from those before."""
        last: dict[int, Attempt] = {}
        for race in attempts:
            known = last.get(race.claim.id)
            if known is None or known.claim.epoch < race.claim.epoch:
                last[race.claim.id] = race
        in_order = sorted(last.values(), key=lambda race: race.claim.number)
        return cls(
            done=tuple(race for race in in_order if race.error is None),
            errors=tuple(race for race in in_order if race.error is not None),
            seconds=seconds,
        )


def process_races(
    races: Races, *, max_concurrency: int, options: BatchOptions
) -> Batch:
    """Write open races of a prepared run, so many at a time, one transaction each.

    Lanes share nothing but the slots of `pipeline.slots`. `options.is_time_up` ends them
    after the races in work. An interrupt ends them at once: races in work are rolled
    back and cancelled with those that wait; then it is raised again.
    """
    began = time.perf_counter()
    judging = Judging()
    lanes = [
        options.lane(n, races=races, judging=judging)
        for n in range(1, max_concurrency + 1)
    ]
    try:
        attempts = _run_lanes(races.run, lanes)
    except KeyboardInterrupt:
        owners = [lane.owner for lane in lanes]
        checkpoint.cancel_waiting(races.run.pk, owners=owners)
        raise
    return Batch.of(attempts, seconds=time.perf_counter() - began)


def _run_lanes(run: ImportRun, lanes: Sequence[Lane]) -> list[Attempt]:
    """Run one lane here, several in a thread each."""
    work = [partial(run_lane, run, lane=lane) for lane in lanes]
    connected: list[BaseDatabaseWrapper] = []
    with ThreadPoolExecutor(max_workers=len(lanes)) as threads:
        try:
            if len(work) == 1:
                return work[0]()
            working = [threads.submit(_in_thread, lane, connected) for lane in work]
            return [attempt for lane in working for attempt in lane.result()]
        except KeyboardInterrupt:
            # Before the threads are waited for: no lane commits or claims another race.
            ask_to_stop([run], message=INTERRUPTED)
            checkpoint.cancel_waiting(run.pk, owners=[lane.owner for lane in lanes])
            for of_a_lane in connected:
                trouble.cancel_statement(of_a_lane)
            raise


def _in_thread(
    work: Callable[[], list[Attempt]], connected: list[BaseDatabaseWrapper]
) -> list[Attempt]:
    try:
        connected.append(connections[DEFAULT_DB_ALIAS])
        return work()
    finally:
        # A thread has a connection of its own, which ends with it.
        connection.close()
