"""The unit suite's own guard."""

import pytest

from races.models import Lap


def test_a_unit_test_cannot_reach_the_database() -> None:
    with pytest.raises(AssertionError, match="asked for the database"):
        Lap.objects.count()
