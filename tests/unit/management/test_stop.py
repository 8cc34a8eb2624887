"""Signals: where the first ends the work at once, where it waits, what the second does."""

import os
import signal
from collections.abc import Callable

import pytest

from imports.management.stop import Stop


def _send(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_is_noted_and_found_at_the_next_check(number):
    with Stop() as stop:
        _send(number)
        assert stop.is_asked

        with pytest.raises(KeyboardInterrupt):
            stop.check()


def _work(stop: Stop, *steps: Callable[[], object]) -> list[object]:
    """Do steps that may be cut; give what each gave."""
    done: list[object] = []
    with stop.cutting():
        for step in steps:
            done.append(step())
    return done


def test_what_may_be_cut_is_cut():
    with Stop() as stop, pytest.raises(KeyboardInterrupt):
        _work(stop, _send, lambda: pytest.fail("It went on."))
    assert stop.is_asked


def test_what_was_asked_for_before_is_not_begun():
    with Stop() as stop:
        _send()

        with pytest.raises(KeyboardInterrupt):
            _work(stop, lambda: pytest.fail("It was begun."))


def test_lane_is_asked_to_end_after_its_race():
    with Stop() as stop:
        done = _work(stop, stop.is_asked_by_lane, _send, stop.is_asked_by_lane)

    assert done == [False, None, True]


def test_second_signal_cuts_what_a_lane_does():
    with Stop() as stop, pytest.raises(KeyboardInterrupt):
        _work(
            stop,
            stop.is_asked_by_lane,
            _send,
            _send,
            lambda: pytest.fail("It went on."),
        )


def test_signal_while_it_is_cleaned_up_cuts_nothing():
    def clean_up() -> None:
        try:
            _send()
        finally:
            _send()

    with Stop() as stop, pytest.raises(KeyboardInterrupt):
        _work(stop, clean_up)


def test_second_signal_after_the_work_cuts_nothing():
    with Stop() as stop:
        _work(stop, stop.is_asked_by_lane, _send)
        _send()

    assert stop.is_asked


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    with Stop():
        pass

    after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    assert after == before
