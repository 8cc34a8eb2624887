"""Runs of small files, and their reverts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imports import actions
from imports.actions import BatchOptions
from imports.models import ImportRun, SourceFile

LAPS = "meeting,race,entrant,lap,time_ms"
OLD, NEW, NEWER = (
    {"observed_at": datetime(2024, 5, day, tzinfo=UTC)} for day in (1, 2, 3)
)


@pytest.fixture
def bring(ingest: Callable[..., ImportRun], write_csv: Callable[..., Path]):
    """Give a function that imports a file of so many rows; it gives the run."""

    def bring_file(
        header: str, *rows: str, statement: dict[str, Any] | None = None, **options: Any
    ) -> ImportRun:
        name = f"file-{SourceFile.objects.count()}.csv"
        path = write_csv(name, header, *rows)
        run = ingest(path, statement=statement, **options)
        assert run.state == "succeeded", run.message
        return run

    return bring_file


def revert(run: ImportRun) -> ImportRun:
    made = actions.start_revert(run, trigger="command", by=None)
    actions.work_run(made, options=BatchOptions(name="revert"))
    made.refresh_from_db()
    assert made.state == "succeeded", made.message
    assert made.row_counts.is_balanced
    assert made.lap_counts.is_balanced
    return made


@pytest.fixture(params=["merge", "orm"])
def writer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def first(bring: Callable[..., ImportRun], writer: str) -> ImportRun:
    """Give a run with a race of two entrants and three laps."""
    rows = ["ash,1,7,1,60000", "ash,1,7,2,61000", "ash,1,8,1,62000"]
    return bring(LAPS, *rows, statement=OLD, writer=writer)
