"""Windows of time: the one before, and the steps of a chart."""

from datetime import UTC, datetime, timedelta

import pytest

from imports.timings.window import BARS, LONGEST, SPANS, Window, latest

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("span", SPANS)
def test_window_before_is_as_long_and_ends_where_it_begins(span: str) -> None:
    window = latest(span, now=NOW)

    assert window.until == NOW
    assert window.before.until == window.since
    assert window.before.length == window.length


@pytest.mark.parametrize(
    "length", [timedelta(minutes=1), *(span for _, span in SPANS.values()), LONGEST]
)
def test_chart_has_few_bars_whatever_the_length(length: timedelta) -> None:
    window = Window(NOW - length, NOW)

    assert BARS / 3 < length / window.step <= BARS
