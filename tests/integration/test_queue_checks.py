"""Settings with which the queue loses or doubles work are refused, each with a hint."""

import sys
from typing import Any

import pytest

from imports import queue_checks

CHECKS = [
    queue_checks.no_pool_where_processes_fork,
    queue_checks.queue_is_in_our_database,
    queue_checks.little_is_prefetched,
    queue_checks.retry_is_above_the_longest_wait,
    queue_checks.tasks_are_tried_once,
    queue_checks.tasks_end_before_their_timeout,
    queue_checks.leases_outlast_statements,
    queue_checks.watchdog_looks_often_enough,
]
ABSENT = object()


def found() -> list[str]:
    errors = [error for check in CHECKS for error in check()]
    assert all(error.hint for error in errors)
    return sorted({str(error.id) for error in errors})


def plant(settings: Any, **values: Any) -> None:
    queue = {**settings.Q_CLUSTER, **values}
    settings.Q_CLUSTER = {
        name: value for name, value in queue.items() if value is not ABSENT
    }


def test_our_own_settings_are_safe():
    assert found() == []


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_retry_follows_the_workers(workers):
    """As the settings work it out."""
    retry = 600 * (1 + -(-2 // workers)) + 600
    queue = {"timeout": 600, "workers": workers, "queue_limit": 1, "bulk": 1}

    assert retry > queue["timeout"] * (1 + -(-2 // workers)) + 30


@pytest.mark.parametrize(
    ("planted", "id_"),
    [
        ({"orm": None}, "E005"),
        ({"orm": "other"}, "E005"),
        ({"redis": {"host": "localhost"}}, "E005"),
        ({"broker_class": "somewhere.Broker"}, "E005"),
        ({"queue_limit": 0}, "E006"),
        ({"queue_limit": ABSENT}, "E006"),
        ({"retry": 1_230}, "E007"),
        ({"retry": ABSENT}, "E007"),
        ({"retry": 1_800, "workers": 1}, "E007"),
        ({"retry": 600}, "E007"),
        ({"queue_limit": 9}, "E007"),
        ({"max_attempts": 0}, "E008"),
        ({"max_attempts": ABSENT}, "E008"),
        ({"ack_failures": False}, "E008"),
        ({"catch_up": True}, "E008"),
        ({"timeout": None}, "E009"),
        ({"timeout": 420}, "E009"),
    ],
)
def test_unsafe_queue_is_refused(settings, planted, id_):
    plant(settings, workers=2, retry=1_800)
    plant(settings, **planted)

    assert found() == [f"imports.{id_}"]


@pytest.mark.parametrize(
    ("name", "value", "id_"),
    [
        ("LANE_SECONDS", 300, "E009"),
        ("READER_WALL_SECONDS", 480, "E009"),
        ("STATEMENT_TIMEOUT_SECONDS", 90, "E010"),
        ("STATEMENT_TIMEOUT_SECONDS", 0, "E010"),
        ("LOCK_TIMEOUT_SECONDS", 120, "E010"),
        ("LEASE_SECONDS", 60, "E010"),
        ("WATCHDOG_SECONDS", 5, "E011"),
    ],
)
def test_unsafe_limits_are_refused(settings, name, value, id_):
    setattr(settings, f"IMPORTS_{name}", value)

    assert found() == [f"imports.{id_}"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("qcluster", ["imports.E004"]),
        ("ingest_worker", ["imports.E004"]),
        ("runserver", []),
    ],
)
def test_pool_is_refused_where_processes_fork(settings, monkeypatch, command, expected):
    options = {**settings.DATABASES["default"].get("OPTIONS", {}), "pool": True}
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", options)
    monkeypatch.setattr(sys, "argv", ["manage.py", command])

    assert found() == expected
