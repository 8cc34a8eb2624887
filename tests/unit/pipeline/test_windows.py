"""How near a race came to the windows that it must keep to."""

from typing import Any

import pytest

from imports.pipeline.windows import Nearness, judge, judge_race


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (None, None),
        (0.0, None),
        (239.9, None),
        (240.0, Nearness.NEAR),
        (300.0, Nearness.NEAR),
        (300.1, Nearness.OVER),
    ],
)
def test_duration_is_near_from_four_fifths_of_its_limit_on(
    milliseconds: float | None, said: Nearness | None
) -> None:
    assert judge(milliseconds, 300) is said


def test_race_is_judged_by_its_write_and_by_all_of_it() -> None:
    assert judge_race(write_ms=301, total_ms=1_700) == {
        "write": Nearness.OVER,
        "race": Nearness.NEAR,
    }
    assert judge_race(write_ms=10, total_ms=20) == {}
    assert judge_race(write_ms=None, total_ms=None) == {}


def test_limits_are_settings(settings: Any) -> None:
    settings.IMPORTS_WINDOW_WRITE_MS = 10

    assert judge_race(write_ms=11, total_ms=20) == {"write": Nearness.OVER}
