"""Flags shrink to the memory budget: batches first, then lanes."""

import pytest

from imports.flags import FLAGS, Flag, fit
from imports.flags.memory import BATCH_ROW_KB, LANE_MB, SMALL_BATCH_ROWS, needed_mb


def fitted(budget: int, *, lanes: int = 4, rows: int = 50_000) -> tuple[int, int]:
    values, _ = fit(
        {
            Flag.MEMORY_BUDGET_MB: budget,
            Flag.CONCURRENCY: lanes,
            Flag.BATCH_ROWS: rows,
            Flag.WRITER: "orm",
        }
    )
    return int(values[Flag.CONCURRENCY]), int(values[Flag.BATCH_ROWS])


def test_what_fits_is_as_it_was_asked() -> None:
    values = {
        Flag.MEMORY_BUDGET_MB: 100_000,
        Flag.CONCURRENCY: 4,
        Flag.BATCH_ROWS: 50_000,
    }

    assert fit(values) == (values, {})


def test_batches_shrink_before_lanes() -> None:
    batches_mb = 10
    lanes, rows = fitted(4 * int(LANE_MB + batches_mb))

    assert lanes == 4
    assert rows == pytest.approx(batches_mb * 1024 / BATCH_ROW_KB, rel=0.01)


def test_lanes_shrink_where_batches_would_be_tiny() -> None:
    lanes, rows = fitted(int(2.5 * LANE_MB))

    assert lanes == 2
    assert rows >= SMALL_BATCH_ROWS


@pytest.mark.parametrize("budget", [256, 300, 512, 1_024, 4_096])
@pytest.mark.parametrize("lanes", [1, 2, 8, 32])
def test_need_is_never_above_the_budget(budget: int, lanes: int) -> None:
    got_lanes, got_rows = fitted(budget, lanes=lanes)

    assert needed_mb(lanes=got_lanes, batch_rows=got_rows) <= budget
    assert 1 <= got_lanes <= lanes


def test_small_batch_that_was_asked_for_is_left_alone() -> None:
    assert fitted(256, lanes=1, rows=100) == (1, 100)


def test_what_was_asked_is_said_of_what_shrank() -> None:
    values = {
        Flag.MEMORY_BUDGET_MB: 310,
        Flag.CONCURRENCY: 8,
        Flag.BATCH_ROWS: 200,
    }

    fitting, asked = fit(values)

    assert asked == {Flag.CONCURRENCY: 8}
    assert fitting[Flag.CONCURRENCY] == 2


@pytest.mark.parametrize("profile", ["development", "production"])
def test_defaults_of_a_profile_fit_its_budget(profile: str) -> None:
    defaults = {flag: kind.default_in(profile) for flag, kind in FLAGS.items()}

    assert fit(defaults) == (defaults, {})
