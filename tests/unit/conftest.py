"""Unit tests ask whether a decision is right; none of them may ask the database."""

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, settings

# A slow moment of the machine is no failure; the same examples in every run are.
settings.register_profile(
    "unit",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _refuse_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a unit test that connects, also one that asks for the `db` fixture."""

    def refuse(self: BaseDatabaseWrapper) -> None:
        raise AssertionError("A unit test asked for the database.")

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)
    monkeypatch.setattr(BaseDatabaseWrapper, "connect", refuse)
