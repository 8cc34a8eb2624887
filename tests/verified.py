"""After every test that has the database: no invariant is violated.

A folder's conftest takes `pytest_runtest_call` from here. A test that writes by hand
what cannot be says so: `@pytest.mark.unverified(reason="…")`.
"""

from collections.abc import Generator
from typing import Any

import pytest
from django.db import connection

from imports import invariants

LEFT_STAGING = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^imports_staged_.*[0-9]$'"
DATABASE_FIXTURES = {"db", "transactional_db"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed and left what must never be."""
    if not _has_database(item):
        return (yield)
    try:
        result = yield
        _verify(item)
    finally:
        _drop_staging()
    return result


def _verify(item: pytest.Item) -> None:
    if _is_excused(item) or connection.needs_rollback:
        return
    violated = [
        f"{finding.invariant.name}: {finding.count} ({', '.join(finding.keys)})"
        for finding in invariants.violated(with_warnings=False)
    ]
    if violated:
        pytest.fail("The test left what must never be:\n" + "\n".join(violated))


def _drop_staging() -> None:
    """Drop what an unfinished run has staged: pytest-django forgets the run alone."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(LEFT_STAGING)
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {table}")


def _has_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    marked = item.get_closest_marker("django_db") is not None
    return marked or bool(DATABASE_FIXTURES & fixtures)


def _is_excused(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("unverified")
    if marker is not None and not marker.kwargs.get("reason"):
        raise pytest.UsageError(f"{item.nodeid}: unverified needs a reason.")
    return marker is not None
