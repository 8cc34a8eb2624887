"""Failpoints: armed by text, met in the numbered hit, silent otherwise."""

import faulthandler
import os
import signal
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from imports import failpoints
from imports.failpoints import FailpointReached, failpoint


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def test_failpoint_that_is_not_armed_does_nothing() -> None:
    failpoints.arm("before_commit:raise")

    failpoint("after_commit")


def test_failpoint_acts_at_its_numbered_hit_and_only_then() -> None:
    failpoints.arm("before_commit:raise:3")
    failpoint("before_commit")
    failpoint("before_commit")

    with pytest.raises(FailpointReached, match="before_commit"):
        failpoint("before_commit")

    failpoint("before_commit")


def test_several_failpoints_are_armed_at_once() -> None:
    failpoints.arm("after_claim:raise,after_lock:raise")

    for name in ("after_claim", "after_lock"):
        with pytest.raises(FailpointReached):
            failpoint(name)


@pytest.mark.parametrize(
    ("action", "number"), [("kill", signal.SIGKILL), ("abort", signal.SIGABRT)]
)
def test_action_ends_the_process(action: str, number: int) -> None:
    pid = os.fork()
    if pid == 0:
        faulthandler.disable()
        failpoints.arm(f"after_claim:{action}")
        failpoint("after_claim")
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -number


@pytest.mark.parametrize(
    "text",
    [
        "before_comit:kill",
        "before_commit",
        "before_commit:explode",
        "before_commit:kill:0",
        "before_commit:kill:third",
    ],
)
def test_mistake_in_the_text_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="IMPORTS_FAILPOINT"):
        failpoints.arm(text)
