"""The soak sees what grows, and does not see what only warms up."""

import pytest

from tests.soak.sampling import Sample, growth


def samples(*sizes: int) -> list[Sample]:
    return [Sample(at, size, 0, 1, 0, 0, 0, 0, 0) for at, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([100] * 40, 1.0),
        # What is filled in the first quarter is no growth.
        ([10] * 10 + [100] * 30, 1.0),
        ([100 + at for at in range(40)], 134.5 / 114.5),
        ([100], 1.0),
    ],
)
def test_growth_is_of_the_last_quarter_over_the_second(sizes, expected):
    assert growth(samples(*sizes), lambda sample: sample.rss) == pytest.approx(expected)
