"""When a cluster is rung, killed, and started again."""

import pytest

from imports.watchdog.heartbeat import Silence
from imports.watchdog.verdict import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    judge,
    next_pause,
)

ALLOWED = 60.0


@pytest.mark.parametrize(
    ("unanswered", "is_wedged"), [(0.0, False), (44.0, False), (46.0, True)]
)
def test_silence_beyond_what_is_allowed_is_a_wedge(unanswered, is_wedged):
    verdict = judge(Silence(unanswered, 1.0), seconds=ALLOWED)

    assert verdict.is_wedged == is_wedged


@pytest.mark.parametrize(
    ("rung", "is_to_be_rung"), [(None, True), (3.0, False), (15.0, True)]
)
def test_canary_is_rung_once_a_quarter(rung, is_to_be_rung):
    verdict = judge(Silence(0.0, rung), seconds=ALLOWED)

    assert verdict.is_to_be_rung == is_to_be_rung


def test_wedge_is_found_within_the_time_allowed():
    """Rung just before it wedged: until the next ring, and then unanswered."""
    until_rung = next(
        s for s in range(99) if judge(Silence(0, s), seconds=ALLOWED).is_to_be_rung
    )
    unanswered = next(
        s for s in range(99) if judge(Silence(s, 0), seconds=ALLOWED).is_wedged
    )

    assert until_rung + unanswered <= ALLOWED + 1


def test_cluster_that_ends_at_once_is_started_less_and_less_often():
    pauses = [0.0]
    for _ in range(9):
        pauses.append(next_pause(pauses[-1], lived=0.5))

    assert pauses[1:4] == [1, 2, 4]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert next_pause(pauses[-1], lived=3_600) == FIRST_PAUSE_SECONDS
