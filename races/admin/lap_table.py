"""Laps of a race -> a table with a row a lap number and a column an entrant."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion_site.lib import cells
from races.models import Entrant, Lap


@dataclass(frozen=True)
class LapCell:
    """One lap in the table; `mark` says in a sign what makes it stand out."""

    time: str
    mark: str = ""


@dataclass(frozen=True)
class LapRow:
    """The laps of all entrants with one number; None where an entrant has none."""

    number: int
    cells: list[LapCell | None]


@dataclass(frozen=True)
class LapTable:
    """The entrants that have laps, in order, and their laps by number."""

    entrants: list[Entrant]
    rows: list[LapRow]


def lap_table(laps: Sequence[Lap], entrants: Sequence[Entrant]) -> LapTable:
    """Lay out the laps; a star marks the fastest of the race, a dot of an entrant."""
    by_place = {(lap.number, lap.entrant_id): lap for lap in laps}
    with_laps = {lap.entrant_id for lap in laps}
    shown = [entrant for entrant in entrants if entrant.pk in with_laps]
    best = {entrant.pk: _fastest(laps, entrant.pk) for entrant in shown}
    fastest = min((time for time in best.values() if time is not None), default=None)
    rows = [
        LapRow(
            number,
            [
                _cell(by_place.get((number, e.pk)), best[e.pk], fastest=fastest)
                for e in shown
            ],
        )
        for number in sorted({lap.number for lap in laps})
    ]
    return LapTable(entrants=shown, rows=rows)


def _fastest(laps: Sequence[Lap], entrant_id: int) -> int | None:
    times = [
        lap.time_ms
        for lap in laps
        if lap.entrant_id == entrant_id and lap.time_ms and lap.number > 0
    ]
    return min(times, default=None)


def _cell(lap: Lap | None, best: int | None, *, fastest: int | None) -> LapCell | None:
    if lap is None:
        return None
    time = cells.lap_time(lap.time_ms)
    if lap.time_ms is None or lap.number < 1:
        return LapCell(time)
    if lap.time_ms == fastest:
        return LapCell(time, mark="★")
    return LapCell(time, mark="•" if lap.time_ms == best else "")
