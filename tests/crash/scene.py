"""One scenario: a world's deliveries to a source of its own, with faults on the way.

A fault breaks the work on a delivery; then the delivery is brought in, by resuming
its run or by giving the command again, as the seed says. At the end the source must
hold what a source holds that nothing happened to.
"""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from imports import actions, invariants, tasks
from imports.models import ImportRun, RaceCheckpoint
from tests.crash.database import PrivateServer
from tests.crash.outcome import Differences, Outcome, differences, leftovers, outcome_of
from tests.crash.worker import Setup, Worker
from tests.crash.world import Delivery, World

#: Short, so that what a dead worker holds is soon free again.
LIMITS: dict[str, Any] = {"LEASE_SECONDS": 0.3}
#: The same for a frozen one, whose transaction the server must end.
SHORT_LIMITS: dict[str, Any] = LIMITS | {"STATEMENT_TIMEOUT_SECONDS": 1}
#: How a run goes on: by hand, by the sweeper and the queue, or as a new run.
WAYS = ("resume", "resume", "queue", "again")
#: In this time a delivery comes in, whatever happened to it.
PATIENCE_SECONDS = 20


@dataclass
class Figures:
    """What happened in all scenarios."""

    faults: Counter[str] = field(default_factory=Counter)
    scenarios: int = 0
    lost: int = 0
    doubled: int = 0
    #: Claims of races beyond the first, of runs that were resumed.
    claims_again: int = 0
    #: Commands that it took to bring the deliveries in.
    commands: int = 0
    #: Races that are done, each by one commit; and those by more, or by a stale claim.
    commits: int = 0
    stale: int = 0
    bad: list[str] = field(default_factory=list)


class Stage:
    """What scenarios share: the server, the worlds and their unbroken outcomes."""

    def __init__(
        self,
        server: PrivateServer,
        *,
        worlds: int,
        folder: Path,
        is_thin: bool = False,
    ) -> None:
        self.server = server
        self.folder = folder
        self.log = folder / "workers.log"
        self.figures = Figures()
        #: How the workers of all scenarios differ from plain commands.
        self.setup = Setup(settings=LIMITS)
        self.worlds = [World(seed, folder) for seed in range(1, worlds + 1)]
        if is_thin:
            # Laps, a complete file of them, a late one.
            for world in self.worlds:
                world.deliveries = world.deliveries[1::2]
        self.ways = WAYS
        #: Of one race a meeting: for what is tried at every query.
        self.small = World(0, folder, races=1)
        self._numbers = itertools.count(1)
        self._straight: dict[int, Outcome] = {}

    def next_source(self) -> str:
        """Give a source that nothing was imported to."""
        self.last_source = f"s{next(self._numbers)}"
        return self.last_source

    def verify(self, part: str) -> None:
        """Ask what `ingest_verify` asks, of all sources."""
        for finding in invariants.violated():
            if not finding.invariant.is_warning:
                self.figures.bad.append(f"ingest_verify after {part}: {finding}"[:600])
        commits = self.server.commits()
        self.figures.commits = len(commits)
        twice = [race for race, _, number, _ in commits if number != 1]
        stale = [race for race, epoch, _, last in commits if last != epoch]
        if twice or stale:
            self.figures.bad.append(
                f"after {part}: races committed other than once: {twice[:5]}; "
                f"committed by a claim that was not the last: {stale[:5]}"
            )
        self.figures.stale = len(set(twice) | set(stale))

    def straight(self, world: World) -> Outcome:
        """Give the outcome of the world where nothing breaks."""
        if world.seed not in self._straight:
            source = self.next_source()
            scene = Scene(
                self, world, source, random.Random(0), lanes=1, writer="merge"
            )
            for delivery in world.deliveries:
                code = scene.start(delivery, Setup()).wait()
                assert code == 0, self.log.read_text()[-4_000:]
            self._straight[world.seed] = outcome_of(source)
        return self._straight[world.seed]


@dataclass
class Scene:
    """A world on its way into a source, by one writer and some lanes."""

    stage: Stage
    world: World
    source: str
    random: random.Random
    lanes: int
    writer: str
    #: Runs before this one belong to deliveries that are in.
    _first_run: int = 0

    @property
    def name(self) -> str:
        return f"{self.source} (world {self.world.seed}, {self.lanes} lanes, {self.writer})"

    def command(self, delivery: Delivery) -> tuple[str, ...]:
        """Give the command that imports the delivery."""
        return (
            *map(str, delivery.paths),
            *delivery.arguments,
            "--source",
            self.source,
            "--concurrency",
            str(self.lanes),
            "--writer",
            self.writer,
        )

    def start(self, delivery: Delivery, setup: Setup | None = None) -> Worker:
        """Start the import of the delivery, or go on with it where it has a run."""
        arguments, setup = self.command(delivery), setup or self.stage.setup
        run = self._run()
        if run and run.state != ImportRun.State.SUCCEEDED:
            how = self.random.choice(self.stage.ways)
            if how == "resume":
                arguments = ("--resume", str(run.pk))
            if how == "queue":
                setup = replace(setup, call=partial(_as_the_queue, run.pk))
        self.stage.figures.commands += 1
        return Worker(*arguments, log=self.stage.log, setup=setup)

    def bring_in(self, delivery: Delivery) -> None:
        """Start workers until the delivery is in and none of its runs is open."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            worker = self.start(delivery)
            worker.wait()
            if self._is_in():
                break
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{self.name}: a delivery does not come in; the last worker ended "
                    f"with {worker.code}. {worker.output()[-1_500:]}"
                )
            time.sleep(LIMITS["LEASE_SECONDS"] / 4)
        runs = ImportRun.objects.filter(source=self.source)
        self._first_run = 1 + max(runs.values_list("pk", flat=True))

    def count(self, fault: str, number: int) -> None:
        """Note that a fault struck, so often."""
        self.stage.figures.faults[fault] += int(number)

    def with_failpoint(self, text: str) -> Setup:
        """Give the scene's setup with a failpoint armed."""
        return replace(self.stage.setup, failpoint=text)

    def with_prepare(self, prepare: Callable[[], None]) -> Setup:
        """Give the scene's setup with something more done first."""

        def both() -> None:
            self.stage.setup.prepare()
            prepare()

        return replace(self.stage.setup, prepare=both)

    def check(self) -> Differences:
        """Compare what the source holds now with what it would hold untouched."""
        sweep = replace(self.stage.setup, call=actions.sweep)
        Worker(log=self.stage.log, setup=sweep).wait()
        found = differences(self.stage.straight(self.world), outcome_of(self.source))
        found.notes += leftovers(self.source)
        figures = self.stage.figures
        figures.scenarios += 1
        figures.lost += found.lost
        figures.doubled += found.doubled
        if found:
            figures.bad.append(f"{self.name}: {'; '.join(found.notes[:4])}")
        return found

    def _run(self) -> ImportRun | None:
        """Give the run to go on with: the open one, else the last of the delivery."""
        mine = self._runs()
        return mine.unfinished().order_by("pk").first() or mine.order_by("pk").last()

    def _is_in(self) -> bool:
        last = self._runs().order_by("pk").last()
        is_in = last is not None and last.state == ImportRun.State.SUCCEEDED
        return is_in and not self._runs().unfinished().exists()

    def _runs(self) -> Any:
        return ImportRun.objects.filter(source=self.source, pk__gte=self._first_run)


def _as_the_queue(run_id: int) -> None:
    tasks.work(run_id)


def count_claims_again() -> int:
    """Give the claims of races beyond the first of each, over all runs."""
    attempts = RaceCheckpoint.objects.filter(attempts__gt=1)
    return sum(number - 1 for number in attempts.values_list("attempts", flat=True))
