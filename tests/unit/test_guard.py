"""The guard of a rollout: what is worse goes back, what holds goes on."""

import pytest

from imports.actions.guard import Arm, Verdict, judge_arms
from imports.models import Rollout

GUARD = Rollout(control="merge", candidate="orm", min_races=50)


def arm(races: int = 100, *, errors: int = 0, p95_ms: float = 10.0) -> Arm:
    return Arm(
        races=races, attempts=races, errors=errors, measured=races, p95_ms=p95_ms
    )


@pytest.mark.parametrize(
    ("control", "candidate", "verdict"),
    [
        (arm(), arm(), Verdict.HOLDS),
        # At least n races in both.
        (arm(49), arm(), Verdict.WAIT),
        (arm(), arm(49), Verdict.WAIT),
        (Arm(), Arm(), Verdict.WAIT),
        (arm(49), arm(1, errors=1), Verdict.WAIT),
        # Error rate + 1 point.
        (arm(), arm(100, errors=1), Verdict.HOLDS),
        (arm(), arm(100, errors=2), Verdict.FAILS),
        (arm(errors=5), arm(errors=6), Verdict.HOLDS),
        (arm(errors=5), arm(errors=7), Verdict.FAILS),
        # p95 + 20 %.
        (arm(), arm(p95_ms=12.0), Verdict.HOLDS),
        (arm(), arm(p95_ms=12.1), Verdict.SLOWER),
        (arm(), arm(p95_ms=1.0), Verdict.HOLDS),
        # Failing is said first.
        (arm(), arm(errors=50, p95_ms=99.0), Verdict.FAILS),
    ],
)
def test_verdict(control: Arm, candidate: Arm, verdict: Verdict) -> None:
    assert judge_arms(control, candidate, guard=GUARD)[0] is verdict


def test_failures_that_n_races_cannot_make_up_for_do_not_wait() -> None:
    one_of_three, _ = judge_arms(arm(), arm(3, errors=1), guard=GUARD)
    lenient = Rollout(
        control="merge", candidate="orm", min_races=50, max_error_points=2.0
    )

    assert one_of_three is Verdict.FAILS
    assert judge_arms(arm(), arm(3, errors=1), guard=lenient)[0] is Verdict.WAIT


def test_races_without_laps_say_nothing_of_time() -> None:
    no_laps = Arm(races=100, attempts=100)

    assert judge_arms(no_laps, no_laps, guard=GUARD)[0] is Verdict.WAIT


def test_reason_has_the_figures_and_the_limit() -> None:
    _, why = judge_arms(arm(), arm(p95_ms=15.0), guard=GUARD)

    assert why == (
        "writing 1,000 laps took 15.0 ms with orm and 10.0 ms with merge (p95): 50 % "
        "more, allowed are 20 %"
    )
