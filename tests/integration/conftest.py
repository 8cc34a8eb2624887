"""Every test here leaves tables in which all invariants hold."""

from tests.verified import pytest_runtest_call

__all__ = ["pytest_runtest_call"]
