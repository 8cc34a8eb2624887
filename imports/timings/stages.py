"""The stages of races, files and runs: a window in, percentiles beside those before out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imports.timings.figures import Compared, Figures
from imports.timings.query import ask
from imports.timings.window import Window

#: Stages of a race, in the order of its work, as columns of `timings_of_races`.
RACE_STAGES = {
    "fetch": "Fetch: read its staged rows",
    "transform": "Transform: decide, write its few rows",
    "write": "Write: laps and stats",
    "total": "Total",
}
#: The stages of `Stopwatch`, in the order of the work; others are called as they are.
FILE_STAGES = {"stage": "Read and stage"}
RUN_STAGES = {
    "plan": "Plan its races",
    "preview": "Preview (dry runs)",
    "shared": "Write shared rows",
    "unchanged": "Settle unchanged races",
    "index": "Index staged rows",
}
WAITS = {"worker": "Until a worker took it", "race": "Until its first race was claimed"}


@dataclass(frozen=True)
class Group:
    """Measures of one kind of thing: waiting runs, files, runs, races."""

    name: str
    lines: list[Compared]


@dataclass(frozen=True)
class RaceTotals:
    """How many races were written in a window, and the rows that they had."""

    races: int
    rows: int


@dataclass(frozen=True)
class Stages:
    """All measures, and what the races of both windows came to."""

    groups: list[Group]
    now: RaceTotals
    before: RaceTotals

    @property
    def of_races(self) -> dict[str, Compared]:
        """The stages of races, by their column."""
        return dict(zip(RACE_STAGES, self.groups[-1].lines, strict=True))


def measure_stages(window: Window) -> Stages:
    """Measure everything that takes time."""
    bounds = window.as_parameters()
    races = _by_window(ask("timings_of_races", **bounds))
    staged = ask("timings_of_stages", **bounds)
    waits = _by_window(ask("waits_of_runs", **bounds))
    groups = [
        Group("Waiting, each run", [_wait(name, waits) for name in WAITS]),
        Group("Each file", list(_stages(staged, FILE_STAGES))),
        Group("Each run", list(_stages(staged, _run_stages(staged)))),
        Group("Each race", [_race_stage(name, races) for name in RACE_STAGES]),
    ]
    totals = {at: RaceTotals(row["races"], row["rows"]) for at, row in races.items()}
    return Stages(groups, now=totals[True], before=totals[False])


def _by_window(rows: list[dict[str, Any]]) -> dict[bool, dict[str, Any]]:
    return {False: {}, True: {}} | {row["is_now"]: row for row in rows}


def _race_stage(name: str, races: dict[bool, dict[str, Any]]) -> Compared:
    now, before = (
        Figures.of(
            row["races"] if row[name] else 0,
            row[name],
            row[f"{name}_max"],
            rows=row["rows"],
            sum_ms=row[f"{name}_sum"],
        )
        for row in (races[True], races[False])
    )
    return Compared(RACE_STAGES[name], now, before)


def _wait(name: str, waits: dict[bool, dict[str, Any]]) -> Compared:
    now, before = (
        Figures.of(row.get(f"{name}_n", 0), row.get(name), row.get(f"{name}_max"))
        for row in (waits[True], waits[False])
    )
    return Compared(WAITS[name], now, before)


def _run_stages(staged: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Give the stages of runs by name: those that are known, then any other."""
    found = {row["stage"] for row in staged} - set(FILE_STAGES)
    others = sorted(found - set(RUN_STAGES))
    known = {stage: name for stage, name in RUN_STAGES.items() if stage in found}
    return known | {stage: stage.capitalize() for stage in others}


def _stages(staged: list[dict[str, Any]], names: dict[str, str]) -> Iterable[Compared]:
    for stage, name in names.items():
        rows = _by_window([row for row in staged if row["stage"] == stage])
        # What the stages of runs count are not all rows.
        counts_rows = stage in FILE_STAGES
        now, before = (
            Figures.of(
                row.get("n", 0),
                row.get("percentiles"),
                row.get("max"),
                rows=row.get("rows") if counts_rows else None,
                sum_ms=row.get("sum"),
            )
            for row in (rows[True], rows[False])
        )
        yield Compared(name, now, before)
