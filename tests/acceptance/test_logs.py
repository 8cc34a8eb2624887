"""The log of a real process: JSON lines for programs, lines for people."""

import json
import logging
from typing import Any

import pytest

from tests.conftest import SAMPLE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log_of(environment: dict[str, str], start: Any) -> Any:
    """Give a function that imports one file and gives what the process wrote."""

    def import_one(log_format: str) -> list[str]:
        environment.update(LOG_LEVEL="info", LOG_FORMAT=log_format)
        command = start("ingest_races", str(SAMPLE / "circuits.csv"), "--source=f1")
        output, _ = command.communicate(timeout=60)
        assert command.returncode == 0
        return output.splitlines()

    return import_one


def test_every_line_is_json_and_bound_to_its_run(log_of):
    lines = [json.loads(line) for line in log_of("json") if line.startswith("{")]

    assert [line["event"] for line in lines] == ["run_started", "run_finished"]
    assert all(line["run"] and line["timestamp"].endswith("Z") for line in lines)


def test_people_get_lines_without_braces(log_of):
    lines = [line for line in log_of("console") if "run_finished" in line]

    assert len(lines) == 1
    assert "state=succeeded" in lines[0]


def test_nothing_is_said_twice():
    for name in ("django", "django.request", "django.server"):
        assert logging.getLogger(name).handlers == []
    assert logging.getLogger("stamina").level == logging.ERROR
