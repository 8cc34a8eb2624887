"""A small meeting of four races, and runs of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imports import actions
from imports.actions import Order
from imports.models import ImportRun
from imports.pipeline.manifest import Statement
from tests.integration.resume.steps import RACES

HEADER = "meeting,race,entrant,lap,time_ms"


@pytest.fixture
def files(write_csv: Callable[..., Path]) -> list[Path]:
    laps = [
        f"ashford,{race},{car},{lap},{60_000 + lap}"
        for race in range(1, RACES + 1)
        for car in (7, 8)
        for lap in (1, 2)
    ]
    stops = [f"ashford,{race},7,1,{25_000 + race}" for race in range(1, RACES + 1)]
    return [
        write_csv("laps.csv", HEADER, *laps, "ashford,1,9,1,never"),
        write_csv("stops.csv", "meeting,race,entrant,stop,duration_ms", *stops),
    ]


@pytest.fixture
def start(files: list[Path]) -> Callable[..., ImportRun]:
    """Give a function that makes a queued run of the files."""

    def start_run() -> ImportRun:
        registered = actions.register_paths(files, statement=Statement(source="test"))
        trigger = ImportRun.Trigger.COMMAND
        return actions.start_run(registered, order=Order(trigger=trigger, force=True))

    return start_run


@pytest.fixture
def run(start: Callable[..., ImportRun]) -> ImportRun:
    """A run that is prepared: its races wait for lanes."""
    run = start()
    assert actions.prepare(run, owner="test")
    return run
