"""Every test here reads by one reader, and leaves tables in which all invariants hold."""

import pytest

from tests.verified import pytest_runtest_call

__all__ = ["pytest_runtest_call"]


@pytest.fixture(autouse=True)
def _by_one_reader(quick_reader: None) -> None:
    """Spare each test the start of a reader's process."""
