"""System checks of the queue: settings with which django-q loses or doubles work.

Each was seen to break; docs/operations.md tells how. They are read from the settings,
not from django-q, which reads them once.
"""

import math
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Error as CheckError

from imports import conf

#: Commands whose processes fork.
FORKING = ("qcluster", "ingest_worker")
#: django-q's guard looks so often at the least, and kills so long after the timeout.
MARGIN_SECONDS = 30
LEAST_WATCHDOG_SECONDS = 10
BROKERS = (
    "broker_class",
    "redis",
    "django_redis",
    "sqs",
    "iron_mq",
    "mongo",
    "disque_nodes",
)


@register()
def no_pool_where_processes_fork(**_: Any) -> list[CheckMessage]:
    """Forked processes share the sockets of a pool: tasks get lost, or run twice."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if not options.get("pool") or not set(sys.argv[1:2]) & set(FORKING):
        return []
    return [
        CheckError(
            "The workers have a pool of database connections, and they fork: tasks "
            "get lost or run twice.",
            hint='Take "pool" out of the OPTIONS of the database for the workers.',
            id="imports.E004",
        )
    ]


@register()
def queue_is_in_our_database(**_: Any) -> list[CheckMessage]:
    """A run and its ring commit together only in the same database."""
    queue = _queue()
    others = [name for name in BROKERS if queue.get(name)]
    if queue.get("orm") == "default" and not others:
        return []
    return [
        CheckError(
            "The queue is not in our database, so a run and its ring can come apart.",
            hint='Set Q_CLUSTER["orm"] to "default"'
            + (f" and take {', '.join(others)} out." if others else "."),
            id="imports.E005",
        )
    ]


@register()
def little_is_prefetched(**_: Any) -> list[CheckMessage]:
    """What a cluster has fetched waits there, while its retry time runs."""
    limit = _queue().get("queue_limit")
    if _is_positive(limit):
        return []
    return [
        CheckError(
            f'Q_CLUSTER["queue_limit"] is {limit!r}: a cluster fetches more tasks than '
            "it can work before they are given out again.",
            hint="Set it to 1.",
            id="imports.E006",
        )
    ]


@register()
def retry_is_above_the_longest_wait(**_: Any) -> list[CheckMessage]:
    """Below it, a task that waits in a cluster is given to another as well."""
    queue = _queue()
    numbers = ("timeout", "workers", "queue_limit")
    if not all(_is_positive(queue.get(name)) for name in numbers):
        # The other checks say so.
        return []
    waiting = (queue["queue_limit"] + queue.get("bulk", 1)) / queue["workers"]
    lowest = queue["timeout"] * (1 + math.ceil(waiting)) + MARGIN_SECONDS
    # django-q's own default.
    retry = queue.get("retry", 60)
    if retry > lowest:
        return []
    return [
        CheckError(
            f'Q_CLUSTER["retry"] is {retry:,} s; a task may wait and work for '
            f"{lowest:,} s, and would run twice.",
            hint=f"Set it above {lowest:,}, or timeout lower, or workers higher.",
            id="imports.E007",
        )
    ]


@register()
def tasks_are_tried_once(**_: Any) -> list[CheckMessage]:
    """Attempts are counted in our tables; the queue's own counts are wrong."""
    safe = {"max_attempts": 1, "ack_failures": True, "catch_up": False}
    queue = _queue()
    wrong = [name for name, value in safe.items() if queue.get(name) != value]
    if not wrong:
        return []
    return [
        CheckError(
            "The queue tries tasks again by itself, without an end: "
            + ", ".join(f"{name} is {queue.get(name)!r}" for name in wrong)
            + ".",
            hint="Set " + ", ".join(f'"{name}": {safe[name]}' for name in wrong) + ".",
            id="imports.E008",
        )
    ]


@register()
def tasks_end_before_their_timeout(**_: Any) -> list[CheckMessage]:
    """A task that is cut off by the queue can take the whole cluster with it."""
    timeout = _queue().get("timeout") or 0
    if not _is_positive(timeout):
        return [
            CheckError(
                'Q_CLUSTER["timeout"] is not set: a task that hangs holds its worker '
                "for ever.",
                hint="Set it to 600.",
                id="imports.E009",
            )
        ]
    return [
        CheckError(
            f"A task may take {budget:,} s ({name}); the queue cuts it off after "
            f"{timeout:,} s.",
            hint='Set Q_CLUSTER["timeout"] higher, or that lower.',
            id="imports.E009",
        )
        for name, budget in _budgets()
        if budget >= timeout
    ]


@register()
def leases_outlast_statements(**_: Any) -> list[CheckMessage]:
    """A statement must end before another lane takes its race over."""
    lease = conf.get("LEASE_SECONDS")
    return [
        CheckError(
            f"A lease is {lease} s and IMPORTS_{name} {conf.get(name)}: a statement "
            "would still run when another lane has taken its race over.",
            hint=f"Set IMPORTS_LEASE_SECONDS above IMPORTS_{name}.",
            id="imports.E010",
        )
        for name in ("STATEMENT_TIMEOUT_SECONDS", "LOCK_TIMEOUT_SECONDS")
        if not 0 < conf.get(name) < lease
    ]


@register()
def watchdog_looks_often_enough(**_: Any) -> list[CheckMessage]:
    """A cluster takes some seconds to start: a shorter silence is no sign of anything."""
    seconds = conf.get("WATCHDOG_SECONDS")
    if seconds >= LEAST_WATCHDOG_SECONDS:
        return []
    return [
        CheckError(
            f"IMPORTS_WATCHDOG_SECONDS is {seconds}; a sound cluster that starts is "
            "silent for as long.",
            hint=f"Set it to {LEAST_WATCHDOG_SECONDS} or more.",
            id="imports.E011",
        )
    ]


def _budgets() -> Iterator[tuple[str, int]]:
    """Give the longest that a task goes on: its time, and what it is amid then."""
    lane = conf.get("LANE_SECONDS")
    file, race = conf.get("READER_WALL_SECONDS"), conf.get("LEASE_SECONDS")
    yield "IMPORTS_LANE_SECONDS and IMPORTS_READER_WALL_SECONDS", lane + file
    yield "IMPORTS_LANE_SECONDS and IMPORTS_LEASE_SECONDS", lane + race


def _queue() -> dict[str, Any]:
    return dict(getattr(settings, "Q_CLUSTER", {}))


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
