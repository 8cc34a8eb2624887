"""Signals: where the first ends the work at once, where it waits, what the second does."""

import os
import signal

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


def test_what_may_be_cut_is_cut():
    with Stop() as stop, pytest.raises(KeyboardInterrupt), stop.cutting():
        _send()
        raise AssertionError("It went on.")
    assert stop.is_asked


def test_what_was_asked_for_before_is_not_begun():
    with Stop() as stop:
        _send()

        with pytest.raises(KeyboardInterrupt), stop.cutting():
            raise AssertionError("It was begun.")


def test_lane_is_asked_to_end_after_its_race_and_cut_by_the_second_signal():
    with Stop() as stop, pytest.raises(KeyboardInterrupt), stop.cutting():
        assert not stop.is_asked_by_lane()
        _send()
        assert stop.is_asked_by_lane()
        _send()
        raise AssertionError("It went on.")


def test_signals_after_the_work_and_while_it_is_cleaned_up_cut_nothing():
    with Stop() as stop:
        with pytest.raises(KeyboardInterrupt), stop.cutting():
            try:
                _send()
            except KeyboardInterrupt:
                _send()
                raise
        _send()


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    with Stop():
        pass

    after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    assert after == before
