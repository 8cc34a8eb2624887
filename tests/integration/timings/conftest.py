"""Races whose measures are known: written by hand, where an import would take what it takes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from imports.models import ImportRun, RaceCheckpoint
from imports.timings.window import Window

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = Window(NOON, NOON + timedelta(hours=1))

Race = Callable[..., RaceCheckpoint]


def after(seconds: float) -> datetime:
    """Give the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def make_run(db: None) -> Callable[..., ImportRun]:
    """Give a function that makes a run that is over; its options by name."""

    def make(
        *, created: float = 0.0, started: float = 1.0, **options: Any
    ) -> ImportRun:
        return ImportRun.objects.create(
            source="club",
            trigger=ImportRun.Trigger.COMMAND,
            state=ImportRun.State.SUCCEEDED,
            created_at=after(created),
            started_at=after(started),
            finished_at=after(started + 3_000),
            options={"writer": "merge", "batch_rows": 5000, "concurrency": 1} | options,
        )

    return make


@pytest.fixture
def run(make_run: Callable[..., ImportRun]) -> ImportRun:
    return make_run()


@pytest.fixture
def race(run: ImportRun) -> Race:
    """Give a function that makes a race: when it was claimed, how long it took."""
    numbers = iter(range(1, 10_000))

    def make(claimed: float, seconds: float, **values: Any) -> RaceCheckpoint:
        number, milliseconds = next(numbers), seconds * 1000
        measured = {
            "fetch_ms": milliseconds / 8,
            "transform_ms": milliseconds / 8,
            "write_ms": milliseconds * 3 / 4,
            "total_ms": milliseconds,
        }
        standing = {
            "run": run,
            "number": number,
            "source": "club",
            "meeting_key": f"m{number}",
            "race_key": "1",
            "state": "done",
            "owner": "lane-1@host",
            "claimed_at": after(claimed),
            "finished_at": after(claimed + seconds),
            "laps_staged": 1000,
            "records_staged": 10,
        }
        return RaceCheckpoint.objects.create(**standing | measured | values)

    return make
