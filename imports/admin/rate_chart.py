"""The bars of rows a second and the marks among them, as numbers of an SVG. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from imports.timings.marks import Mark
from imports.timings.rates import Step
from imports.timings.window import Window

#: The drawing's own units; the page scales it.
WIDTH, HEIGHT = 1000, 210
#: The plain of the bars: below it stand the times, left of it the rates.
LEFT, TOP, BOTTOM = 64, 22, 184
GAP = 0.18
TICKS_OF_TIME = 6
#: Numbers of marks: how high they stand, how far apart.
LABEL_HEIGHTS = (18.0, 8.0)
LABEL_ROOM = 16
#: Where an axis may end, whatever the power of ten.
ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Bar:
    """A step that had races."""

    x: float
    y: float
    width: float
    height: float
    step: Step
    until: datetime


@dataclass(frozen=True)
class Tick:
    """A label beside an axis."""

    at: float
    value: float | datetime


@dataclass(frozen=True)
class Line:
    """A mark: where it stands and its number in the list below."""

    x: float
    #: None: its number would hide that of another.
    label_y: float | None
    number: int
    mark: Mark


@dataclass(frozen=True)
class Chart:
    """The chart of a window."""

    bars: list[Bar]
    rates: list[Tick]
    times: list[Tick]
    marks: list[Line]
    step: timedelta
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    bottom: int = BOTTOM


def draw(window: Window, steps: Sequence[Step], marks: Sequence[Mark]) -> Chart:
    """Place the steps and marks of a window."""
    highest = _round_up(max((step.rate for step in steps), default=0.0))
    return Chart(
        bars=[_bar(step, window, highest) for step in steps],
        rates=[
            Tick(_y(value, highest), value) for value in (0.0, highest / 2, highest)
        ],
        times=[
            Tick(_x(at, window), at)
            for at in (
                window.since + window.length * n / TICKS_OF_TIME
                for n in range(TICKS_OF_TIME + 1)
            )
        ],
        marks=_lines(marks, window),
        step=window.step,
    )


def _lines(marks: Sequence[Mark], window: Window) -> list[Line]:
    """Place marks; numbers of close ones stand apart, or not at all without room."""
    lines: list[Line] = []
    ends = dict.fromkeys(LABEL_HEIGHTS, -math.inf)
    for number, mark in enumerate(marks, start=1):
        x = _x(mark.at, window)
        free = [height for height, end in ends.items() if x - end >= LABEL_ROOM]
        label_y = free[0] if free else None
        if label_y is not None:
            ends[label_y] = x
        lines.append(Line(x, label_y, number, mark))
    return lines


def _bar(step: Step, window: Window, highest: float) -> Bar:
    until = min(step.at + window.step, window.until)
    left, right = _x(step.at, window), _x(until, window)
    margin = (right - left) * GAP / 2
    y = _y(step.rate, highest)
    width = max(right - left - 2 * margin, 0.5)
    return Bar(round(left + margin, 2), y, round(width, 2), BOTTOM - y, step, until)


def _x(at: datetime, window: Window) -> float:
    share = (at - window.since) / window.length
    return round(LEFT + share * (WIDTH - LEFT), 2)


def _y(rate: float, highest: float) -> float:
    return round(BOTTOM - rate / highest * (BOTTOM - TOP), 2)


def _round_up(value: float) -> float:
    """Give the next number that is no less, and that has one digit or a half of one."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(power * n for n in ROUND if power * n >= value * 0.9999)
