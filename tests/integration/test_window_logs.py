"""A race or batch that comes near its window is warned of in the log."""

from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

EVENTS = ("window_near", "window_over")


def warnings(logs: list[Any]) -> list[Any]:
    return [entry for entry in logs if entry["event"] in EVENTS]


def test_race_and_batch_over_their_windows_are_warned_of(
    ingest: Ingest, write_csv: Any, settings: Any
) -> None:
    settings.IMPORTS_WINDOW_WRITE_MS = 0.001
    settings.IMPORTS_WINDOW_BATCH_MS = 0.001
    header = "meeting,race,entrant,lap,time_ms"
    rows = [f"ash,{race},ann,1,61000" for race in range(6)]

    with capture_logs(processors=[merge_contextvars]) as logs:
        run = ingest(write_csv("laps.csv", header, *rows))

    said = warnings(logs)
    assert {entry["event"] for entry in said} == {"window_over"}
    assert [entry["window"] for entry in said] == ["write"] * 6 + ["batch"] * 2
    assert {entry["run"] for entry in said} == {run.pk}
    assert {entry["log_level"] for entry in said} == {"warning"}
    assert said[0]["race"] == "ash/0"
    assert [entry["batch"] for entry in said[-2:]] == [1, 2]
    assert all(entry["milliseconds"] > entry["limit"] for entry in said)


def test_race_near_its_window_is_warned_of(
    ingest: Ingest, write_csv: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From no time at all on, up to a limit that none reaches.
    monkeypatch.setattr("imports.pipeline.windows.NEAR", 0)
    header = "meeting,race,entrant,lap,time_ms"

    with capture_logs(processors=[merge_contextvars]) as logs:
        ingest(write_csv("laps.csv", header, "ash,1,ann,1,61000"))

    assert [(entry["event"], entry["window"]) for entry in warnings(logs)] == [
        ("window_near", "write"),
        ("window_near", "race"),
        ("window_near", "batch"),
    ]


def test_race_well_within_its_windows_is_not_worth_a_word(
    ingest: Ingest, write_csv: Any, settings: Any
) -> None:
    for name in ("WRITE", "RACE", "BATCH"):
        setattr(settings, f"IMPORTS_WINDOW_{name}_MS", 10**9)
    header = "meeting,race,entrant,lap,time_ms"

    with capture_logs(processors=[merge_contextvars]) as logs:
        ingest(write_csv("laps.csv", header, "ash,1,ann,1,61000"))

    assert warnings(logs) == []
