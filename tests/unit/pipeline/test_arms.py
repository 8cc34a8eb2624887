"""A race's arm is always the same, and the share is what was said."""

import pytest

from imports.pipeline.arms import is_candidate

RACES = [("f1", f"202{n % 10}-{n // 10}", str(n % 3)) for n in range(10_000)]


def among(percent: float, *, rollout: int = 7) -> set[int]:
    return {
        n
        for n, (source, meeting, race) in enumerate(RACES)
        if is_candidate(
            rollout,
            source=source,
            meeting_key=f"{meeting}-{n}",
            race_key=race,
            percent=percent,
        )
    }


def test_arm_of_a_race_does_not_change_with_the_version_of_python() -> None:
    # Written down once: a run that goes on elsewhere must find the same arms.
    chosen = [
        n
        for n in range(40)
        if is_candidate(1, source="f1", meeting_key="m", race_key=str(n), percent=10)
    ]

    assert chosen == [3, 5, 10, 20, 27, 30, 32, 36, 38]


@pytest.mark.parametrize("percent", [10, 50])
def test_share_is_what_was_said(percent: int) -> None:
    assert len(among(percent)) == pytest.approx(len(RACES) * percent / 100, rel=0.06)


def test_all_are_among_a_hundred_percent_and_none_among_none() -> None:
    assert len(among(100)) == len(RACES)
    assert among(0) == set()


def test_races_of_a_smaller_share_are_in_a_larger_one() -> None:
    assert among(10) < among(50) < among(100)


def test_another_rollout_tries_other_races() -> None:
    both = among(50) & among(50, rollout=8)

    assert len(both) == pytest.approx(len(RACES) / 4, rel=0.06)


def test_names_are_not_run_together() -> None:
    sides = [
        is_candidate(n, source=source, meeting_key=meeting, race_key="1", percent=50)
        for n in range(64)
        for source, meeting in (("ab", "c"), ("a", "bc"))
    ]

    assert sides[::2] != sides[1::2]
