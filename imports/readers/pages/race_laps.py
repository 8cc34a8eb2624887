"""The scripts of a LiveRC page -> the laps of each driver, and what is said of him.

`racerLaps[346997] = { 'driverName' : …, 'laps' : [ { 'lapNum' : '0', … }, … ] };` is
taken apart as a literal; all else in a script is passed over. Lap 0 is the grid.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imports.errors import MalformedFile
from imports.readers.pages.html_tokens import line_of
from imports.readers.pages.js_literal import Literal, NotALiteral, Value

LAPS_OF = re.compile(
    r"""racerLaps\s*+\[\s*+["']?([^\]"'\s]{1,64})["']?\s*+\]\s*+=(?!=)\s*+"""
)
LAP_NAMES = ("lapNum", "pos", "time", "pace")


@dataclass(frozen=True)
class LapScript:
    """What the scripts say of one driver."""

    driver_id: str
    name: str | None
    stats: dict[str, str | None]
    #: Number, position, time and pace of each lap.
    laps: tuple[tuple[str | None, ...], ...]


def read_laps(page: str, scripts: Sequence[tuple[int, str]]) -> list[LapScript]:
    """Give the drivers in the order of the page; `scripts` are places and texts."""
    found: list[LapScript] = []
    for start, script in scripts:
        for assigned in LAPS_OF.finditer(script):
            literal = Literal(script, start=assigned.end())
            try:
                value = literal.value()
                found.append(_driver(assigned, value))
            except NotALiteral as error:
                raise MalformedFile(
                    f"The laps of driver {assigned[1]} cannot be read in line "
                    f"{line_of(page, start + error.place):,} of the page: {error}. Save the "
                    "page again."
                ) from None
    return found


def _driver(assigned: re.Match[str], value: Value) -> LapScript:
    place = assigned.end()
    if not isinstance(value, dict):
        raise NotALiteral("it is no object", place=place)
    laps = value.get("laps") or []
    if not isinstance(laps, list):
        raise NotALiteral("'laps' is no array", place=place)
    read: list[tuple[str | None, ...]] = []
    for lap in laps:
        if not isinstance(lap, dict):
            raise NotALiteral("a lap is no object", place=place)
        read.append(tuple(_text(lap.get(name)) for name in LAP_NAMES))
    stats = {name: _text(v) for name, v in value.items() if not isinstance(v, list)}
    return LapScript(assigned[1], stats.pop("driverName", None), stats, tuple(read))


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
