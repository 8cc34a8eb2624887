"""A file that comes in parts, cut anywhere, gives what the whole file gives."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from races.models import Lap, PitStop
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "NUMBER; DRIVER_NUMBER; LAP_NUMBER; LAP_TIME; CROSSING_FINISH_LINE_IN_PIT; S1;PIT_TIME;"
SAID = {"meeting": "spa", "race": "race"}


def lines() -> list[str]:
    """Give the laps of two cars, each with stops that begin laps 3 and 6."""
    return [
        f"{car};1;{lap};2:0{lap}.000;{'B' if lap in (2, 5) else ''};40.{lap};"
        f"{'1:05.500' if lap in (3, 6) else ''};"
        for car in ("007", "7")
        for lap in range(1, 9)
    ]


def stored(source: str) -> list[list[tuple[object, ...]]]:
    laps = Lap.objects.filter(entrant__race__meeting__source=source)
    stops = PitStop.objects.filter(entrant__race__meeting__source=source)
    return [
        sorted(laps.values_list("entrant__key", "number", "time_ms", "in_pit")),
        sorted(stops.values_list("entrant__key", "number", "lap", "duration_ms")),
    ]


def test_parts_in_any_order_give_the_laps_and_stops_of_the_whole(
    ingest: Ingest, write_csv: Callable[..., Path], quick_reader: None
) -> None:
    whole = lines()
    ingest(write_csv("whole.csv", HEADER, *whole), source="whole", statement=SAID)
    parts = [
        write_csv(f"part{n}.csv", HEADER, *whole[at : at + 6])
        for n, at in enumerate(range(0, len(whole), 6))
    ]

    for number, order in enumerate(permutations(parts)):
        for part in order:
            ingest(part, source=f"cut{number}", statement=SAID)

    assert [len(rows) for rows in stored("whole")] == [16, 4]
    for number in range(len(list(permutations(parts)))):
        assert stored(f"cut{number}") == stored("whole")
