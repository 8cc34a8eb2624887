"""The bars of a run: in proportion, in the drawing, never too thin to be seen."""

from datetime import UTC, datetime, timedelta

from imports.admin.gantt import NARROWEST, WIDTH, draw
from imports.timings.run import Part, Piece

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def part(since: float, until: float) -> Part:
    """Give a part of one piece, from and to seconds after noon."""
    ends = [NOON + timedelta(seconds=seconds) for seconds in (since, until)]
    return Part("Plan its races", [Piece(*ends, "stage")], until - since)


def test_bars_and_shares_are_in_proportion() -> None:
    gantt = draw([part(0, 5), part(5, 20)])

    assert gantt is not None
    assert gantt.seconds == 20
    assert [(bar.x, bar.width) for line in gantt.lines for bar in line.bars] == [
        (0, WIDTH / 4),
        (WIDTH / 4, WIDTH * 3 / 4),
    ]
    assert [line.share for line in gantt.lines] == [0.25, 0.75]


def test_shortest_piece_can_be_seen_and_stays_in_the_drawing() -> None:
    gantt = draw([part(0, 100), part(100, 100)])

    assert gantt is not None
    [bar] = gantt.lines[1].bars
    assert bar.width == NARROWEST
    assert bar.x + bar.width <= WIDTH


def test_parts_that_took_no_time_are_drawn() -> None:
    assert draw([part(0, 0)]) is not None


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([]) is None
