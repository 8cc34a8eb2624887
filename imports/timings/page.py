"""All measures of a window at once: what the page of timings shows."""

from dataclasses import dataclass

from imports import conf
from imports.models import RaceCheckpoint, StageTiming
from imports.timings import marks, options, races, rates, stages
from imports.timings.options import Way
from imports.timings.query import roomy
from imports.timings.rates import Step
from imports.timings.window import Window


@dataclass(frozen=True)
class Closeness:
    """A window that writing must keep to, and how often it was near or over."""

    name: str
    limit_ms: float
    judged: int
    near: int
    over: int


@dataclass(frozen=True)
class Timings:
    """The measures of a window."""

    window: Window
    stages: stages.Stages
    costs: races.Costs
    connections: races.Connections
    closeness: list[Closeness]
    steps: list[Step]
    marks: list[marks.Mark]
    slowest_races: list[RaceCheckpoint]
    slowest_files: list[StageTiming]
    by_writer: list[Way]
    by_lanes: list[Way]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured in the window."""
        return not any(
            line.now.n for group in self.stages.groups for line in group.lines
        )

    @property
    def is_newest_only(self) -> bool:
        """Whether the ways of writing are of the newest races only."""
        return self.stages.now.races > options.NEWEST_RACES

    @property
    def rate(self) -> float | None:
        """Rows a second while lanes worked."""
        return rates.rate_of_all(self.steps)


def measure(window: Window) -> Timings:
    """Measure a window."""
    with roomy():
        measured = stages.measure_stages(window)
        costs = races.costs(window)
        by_lanes, batches = options.by_lanes(window)
        return Timings(
            window=window,
            stages=measured,
            costs=costs,
            connections=races.connections(),
            closeness=_closeness(measured.now.races, costs, batches),
            steps=rates.rates_over_time(window),
            marks=marks.flag_marks(window),
            slowest_races=races.slowest_races(window),
            slowest_files=list(races.slowest_files(window)),
            by_writer=options.by_writer(window),
            by_lanes=by_lanes,
        )


def _closeness(
    number: int, costs: races.Costs, batches: options.Batches
) -> list[Closeness]:
    limits = {
        name: conf.get(f"WINDOW_{name}_MS") for name in ("WRITE", "RACE", "BATCH")
    }
    return [
        Closeness(
            "Write of a race",
            limits["WRITE"],
            number,
            costs.write_near,
            costs.write_over,
        ),
        Closeness("One race", limits["RACE"], number, costs.race_near, costs.race_over),
        Closeness(
            "A batch of five races",
            limits["BATCH"],
            batches.judged,
            batches.near,
            batches.over,
        ),
    ]
