"""The numbers of the chart: in the drawing, in proportion, marks where they belong."""

from datetime import UTC, datetime, timedelta

from imports.admin.rate_chart import BOTTOM, LEFT, TOP, WIDTH, draw
from imports.timings.marks import Mark
from imports.timings.rates import Step
from imports.timings.window import Window

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAY = Window(NOON - timedelta(hours=24), NOON)


def step(hours: float, *, rate: float) -> Step:
    """Give a step of so many hours after the start, with ten seconds of work."""
    at = DAY.since + timedelta(hours=hours)
    return Step(at, races=1, rows=int(rate * 10), seconds=10)


def mark(hours: float) -> Mark:
    return Mark(DAY.since + timedelta(hours=hours), "writer", "→ orm", "boss", "")


def test_bars_are_as_high_as_their_rates() -> None:
    chart = draw(DAY, [step(0, rate=1000), step(6, rate=500), step(23.5, rate=0)], [])

    assert [bar.height for bar in chart.bars] == [BOTTOM - TOP, (BOTTOM - TOP) / 2, 0]
    assert [tick.value for tick in chart.rates] == [0, 500, 1000]
    assert chart.bars[0].x > LEFT
    assert chart.bars[-1].x + chart.bars[-1].width < WIDTH


def test_axis_ends_a_little_above_the_highest_bar() -> None:
    ends = [
        draw(DAY, [step(0, rate=rate)], []).rates[-1].value for rate in (2245, 9.1, 101)
    ]

    assert ends == [2500, 10, 150]


def test_bar_of_a_step_that_goes_on_ends_with_the_window() -> None:
    window = Window(NOON - timedelta(minutes=61), NOON)
    last = Step(window.since + timedelta(minutes=60), races=1, rows=10, seconds=1)

    [bar] = draw(window, [last], []).bars

    assert bar.until == NOON
    assert bar.x + bar.width <= WIDTH


def test_mark_stands_at_its_moment() -> None:
    chart = draw(DAY, [], [mark(0), mark(12)])

    assert [line.x for line in chart.marks] == [LEFT, (LEFT + WIDTH) / 2]
    assert [line.number for line in chart.marks] == [1, 2]


def test_numbers_of_close_marks_stand_apart() -> None:
    chart = draw(DAY, [], [mark(1), mark(1.05), mark(12)])

    heights = [line.label_y for line in chart.marks]
    assert heights[0] != heights[1]
    assert heights[0] == heights[2]


def test_number_without_room_is_not_drawn_over_another() -> None:
    chart = draw(DAY, [], [mark(1), mark(1.02), mark(1.04), mark(1.06), mark(3)])

    assert [line.label_y is None for line in chart.marks] == [0, 0, 1, 1, 0]


def test_chart_of_nothing_is_empty() -> None:
    chart = draw(DAY, [], [])

    assert chart.bars == []
    assert len(chart.times) > 1
