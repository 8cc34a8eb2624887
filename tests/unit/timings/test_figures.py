"""What is said of a change, and when nothing is."""

from dataclasses import replace

import pytest

from imports.timings.figures import ENOUGH, Compared, Figures, change_of, rate_of

SLOW = Figures(ENOUGH, 2.0, 3.0, 4.0, 5.0, 6.0, rate=50.0)
FAST = Figures(ENOUGH, 1.0, 3.0, 2.0, 5.0, 3.0, rate=100.0)


def test_each_figure_has_its_change() -> None:
    line = Compared("Write", SLOW, FAST)

    assert line.cells == [(2.0, 1.0), (3.0, 0.0), (4.0, 1.0), (5.0, 0.0), (6.0, 1.0)]
    assert line.rate == (50.0, -0.5)
    assert line.p95_change == 1.0


@pytest.mark.parametrize("few", ["now", "before"])
def test_nothing_is_said_of_a_change_among_few_measures(few: str) -> None:
    line = replace(Compared("Write", SLOW, FAST), **{few: replace(SLOW, n=ENOUGH - 1)})

    assert line.p95_change is None
    assert [change for _, change in line.cells] == [None] * 5


def test_no_change_from_nothing_or_to_nothing() -> None:
    assert change_of(1.0, 0.0) is None
    assert change_of(1.0, None) is None
    assert change_of(None, 1.0) is None


def test_rate_needs_rows_and_time() -> None:
    assert rate_of(500, 250.0) == 2000.0
    assert rate_of(0, 250.0) is None
    assert rate_of(500, 0.0) is None
    assert rate_of(None, None) is None
