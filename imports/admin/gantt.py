"""The parts of a run as bars below each other, as numbers of SVGs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from imports.timings.run import Part, Piece

#: A bar's own units: thousandths of the time from the first piece to the last.
WIDTH = 1_000
#: Else a short piece could not be seen.
NARROWEST = 1.5


@dataclass(frozen=True)
class Bar:
    """A piece of work."""

    x: float
    width: float
    kind: str
    words: str


@dataclass(frozen=True)
class Line:
    """A part with its bars, and the share that its work has of all the time."""

    part: Part
    bars: list[Bar]
    share: float


@dataclass(frozen=True)
class Gantt:
    """The lines of a run."""

    lines: list[Line]
    since: datetime
    seconds: float
    width: int = WIDTH


def draw(parts: Sequence[Part]) -> Gantt | None:
    """Place the pieces of all parts; None where nothing has begun."""
    pieces = [piece for part in parts for piece in part.pieces]
    if not pieces:
        return None
    since = min(piece.since for piece in pieces)
    seconds = (max(piece.until for piece in pieces) - since).total_seconds()
    lines = [_line(part, since=since, seconds=seconds) for part in parts]
    return Gantt(lines, since, seconds)


def _line(part: Part, *, since: datetime, seconds: float) -> Line:
    bars = [_bar(piece, since=since, seconds=seconds) for piece in part.pieces]
    # The files of a stage are read one after another, but clocks are not exact.
    return Line(part, bars, min(part.seconds / seconds, 1.0) if seconds else 1.0)


def _bar(piece: Piece, *, since: datetime, seconds: float) -> Bar:
    scale = WIDTH / seconds if seconds else 0.0
    x = (piece.since - since).total_seconds() * scale
    width = max((piece.until - piece.since).total_seconds() * scale, NARROWEST)
    x = min(x, WIDTH - NARROWEST)
    return Bar(round(x, 2), round(min(width, WIDTH - x), 2), piece.kind, piece.words)
