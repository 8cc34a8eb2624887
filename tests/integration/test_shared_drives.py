"""Until 1964 drivers shared cars: two results of one driver are two entrants."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from races.models import Entrant
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

HEADER = (
    "resultId,raceId,driverId,constructorId,number,grid,position,positionText,"
    "positionOrder,points,laps,time,milliseconds,fastestLap,rank,fastestLapTime,"
    "fastestLapSpeed,statusId"
)
#: Fangio drove car 50 until it broke, then took car 44 over.
RESULTS = [
    r"19998,793,579,105,50,2,\N,R,20,0,29,\N,\N,\N,\N,\N,\N,44",
    r"20025,793,579,105,44,5,4,4,4,1.5,77,+5:15.3,10000000,\N,\N,\N,\N,1",
    r"20000,793,802,6,32,3,2,2,2,6,80,+46.1,9900000,\N,\N,\N,\N,1",
]
WriteCsv = Callable[..., Path]


@pytest.mark.parametrize("order", list(permutations(RESULTS)))
def test_both_drives_are_entrants_in_any_row_order(
    ingest: Ingest, write_csv: WriteCsv, order: tuple[str, ...]
) -> None:
    run = ingest(write_csv("results.csv", HEADER, *order))

    found = Entrant.objects.order_by("key").values_list("key", "number", "position")
    assert list(found) == [("579", "50", None), ("579/2", "44", 4), ("802", "32", 2)]
    assert run.rows["duplicates"] == run.rows["rejected"] == run.conflicts == 0
    assert run.row_counts.is_balanced


def test_both_drives_are_of_one_competitor(ingest: Ingest, write_csv: WriteCsv) -> None:
    ingest(write_csv("results.csv", HEADER, *RESULTS))

    drives = Entrant.objects.filter(competitor__key="579")
    assert {drive.key for drive in drives} == {"579", "579/2"}


def test_result_that_stands_twice_is_a_duplicate_not_a_drive(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    run = ingest(write_csv("results.csv", HEADER, *RESULTS, RESULTS[1]))

    assert Entrant.objects.count() == 3
    assert run.rows["duplicates"] == 1
    assert run.conflicts == 0


def test_drives_that_come_again_change_nothing(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("results.csv", HEADER, *RESULTS)
    ingest(path)

    again = ingest(path, force=True)

    assert again.rows["inserted"] == again.rows["updated"] == 0
