"""Percentiles of races, files and runs, and of the window before."""

import statistics
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from imports.models import ImportRun, RaceCheckpoint, StageTiming
from imports.timings.figures import Compared, Figures
from imports.timings.races import costs
from imports.timings.stages import RACE_STAGES, measure_stages
from imports.timings.window import Window
from tests.conftest import Ingest
from tests.integration.timings.conftest import HOUR, Race, after

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="checkpoints are written by hand"),
]


def lines(window: Window = HOUR) -> dict[str, Compared]:
    """Measure a window; give its lines by name."""
    groups = measure_stages(window).groups
    return {line.name: line for group in groups for line in group.lines}


def of_python(values: list[float]) -> Figures:
    """Give the figures of values as the standard library knows them."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Figures(
        len(values), *(cuts[cut - 1] for cut in (50, 90, 95, 99)), max(values)
    )


def close(found: Figures, wanted: Figures) -> bool:
    names = ("n", "p50", "p90", "p95", "p99", "max")
    return all(
        getattr(found, name) == pytest.approx(getattr(wanted, name)) for name in names
    )


def test_percentiles_of_an_import_are_those_of_its_rows(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    header = "meeting,race,entrant,lap,time_ms"
    rows = [f"m{n},1,ann,{lap},6{lap}000" for n in range(30) for lap in range(1, 5)]
    run = ingest(write_csv("laps.csv", header, *rows))
    now = timezone.now() + timedelta(seconds=1)

    found = lines(Window(now - timedelta(hours=1), now))

    assert run.checkpoints.count() == 30
    for column, name in RACE_STAGES.items():
        values = list(run.checkpoints.values_list(f"{column}_ms", flat=True))
        assert close(found[name].now, of_python(values)), name
        rate = (120 + 0) / sum(values) * 1000
        assert found[name].now.rate == pytest.approx(rate)
    [staged] = run.timings.filter(stage="stage")
    assert found["Read and stage"].now.max == pytest.approx(staged.seconds * 1000)
    assert found["Read and stage"].now.rate == pytest.approx(120 / staged.seconds)
    assert found["Plan its races"].now.n == 1
    assert found["Until a worker took it"].now.n == 1
    assert found["Until its first race was claimed"].now.n == 1
    queries = run.checkpoints.values_list("queries", flat=True)
    assert costs(Window(now - timedelta(hours=1), now)).queries_max == max(queries)


def test_window_before_is_measured_apart(race: Race) -> None:
    for n in range(20):
        race(-1800, 1 + n)
        race(1800, 2 * (1 + n))

    total = lines()["Total"]

    assert close(total.now, of_python([2000.0 * (1 + n) for n in range(20)]))
    assert close(total.before, of_python([1000.0 * (1 + n) for n in range(20)]))
    assert total.p95_change == pytest.approx(1.0)
    assert total.rate[1] == pytest.approx(-0.5)


def test_window_holds_its_start_but_not_its_end(race: Race) -> None:
    race(-1, 1)
    race(3599, 1)
    race(-3601, 1)

    stages = measure_stages(HOUR)

    assert (stages.now.races, stages.before.races) == (1, 1)


def test_races_that_nobody_timed_are_no_measure(race: Race) -> None:
    unknown = dict.fromkeys(("fetch_ms", "transform_ms", "write_ms", "total_ms"))
    race(10, 1)
    race(20, 1, **unknown)
    race(30, 1, state="failed", **unknown)

    stages = measure_stages(HOUR)

    assert stages.now.races == 1
    assert stages.now.rows == 1010


def test_waiting_is_apart_from_work(
    make_run: Callable[..., ImportRun], race: Race
) -> None:
    slow = make_run(created=100, started=104)
    race(110, 50, run=slow)
    race(107, 1, run=slow)

    found = lines()

    assert found["Until a worker took it"].now.max == pytest.approx(4_000)
    assert found["Until its first race was claimed"].now.max == pytest.approx(7_000)
    assert found["Total"].now.max == pytest.approx(50_000)


def test_run_that_was_gone_on_with_has_waited_once(
    make_run: Callable[..., ImportRun],
) -> None:
    resumed = make_run(created=100, started=2_000)
    StageTiming.objects.create(
        run=resumed, stage="plan", seconds=1, started_at=after(103)
    )

    assert lines()["Until a worker took it"].now.max == pytest.approx(3_000)


def test_stage_that_is_not_known_is_shown_as_it_is_called(run: ImportRun) -> None:
    values: dict[str, Any] = {"run": run, "seconds": 2, "started_at": after(5)}
    StageTiming.objects.create(stage="polish", **values)

    assert lines()["Polish"].now.max == 2_000


def test_nothing_was_measured(db: None) -> None:
    stages = measure_stages(HOUR)

    assert stages.now.races == stages.before.races == stages.now.rows == 0
    assert {line.now.n for group in stages.groups for line in group.lines} == {0}
    assert RaceCheckpoint.objects.count() == 0
