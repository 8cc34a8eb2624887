"""Two files that differ only in form state the same: no update, no conflict."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imports.models import ImportRun
from races.models import Entrant, Venue
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]

RESULTS = (
    "resultId,raceId,driverId,constructorId,number,grid,position,positionText,points,"
    "laps,time,milliseconds,fastestLapTime,fastestLapSpeed"
)
RACES = "raceId,year,round,circuitId,name,date,time,quali_date,quali_time"
CIRCUITS = "circuitId,circuitRef,name,location,country,lat,lng,alt"
ENTRANTS = "meeting,race,entrant,name,gap,points,total_time,fastest_lap,grid"
LAPS = "meeting,meeting_start_date,race,entrant,lap,time,in_pit"

#: A header, a row, and the same row in other forms.
TWINS = [
    (
        RESULTS,
        r"1,9,1,6,16,1,2,2,18,57,+1:09.907,5859182,1:34.570,238.430",
        r" 1 ,9,1,6,16,01,2,2,18.0,57,+69.907,5859182,94.57,238.43",
    ),
    (
        RESULTS,
        r"1,9,1,6,16,1,1,1,26,57,1:27:57.940,5853584,1:34.570,\N",
        r"1,9,1,6,16,1,1,1,26.00,57,87:57.94,5853584,01:34.57,",
    ),
    (
        RESULTS,
        r"1,9,1,6,16,1,\N,R,0,57,\N,\N,\N,\N",
        r"1,9,1,6,16,1,,R,0.0,57,,,,",
    ),
    (
        RACES,
        "9,2022,1,3,São Paulo,2022-03-05,15:00:00,2022-03-04,15:00:00",
        "9,2022,01,3, Sa\u0303o Paulo ,2022-3-5,15:00:00.0,2022-3-4,15:0:0",
    ),
    (
        CIRCUITS,
        r"3,bahrain,Bahrain,Sakhir,Bahrain,26.0325,50.5106,7",
        r"3,bahrain,Bahrain,Sakhir,Bahrain,26.03250,050.5106,7.0",
    ),
    (
        ENTRANTS,
        "ash,1,ann,Zoë,+1:09.907,12.5,1:31:12.345,1:02.5,3",
        "ash,1,ann,Zoe\u0308,+69.907,12.500,91:12.345,62.500,03",
    ),
    (ENTRANTS, "ash,1,ann,Zoë,+1 Lap,0,,,", "ash,1,ann,Zoë, +1 Lap ,0.0, , , "),
    (LAPS, "ash,2024-05-01,1,ann,1,1:02.5,true", "ash,2024-5-1,1,ann,01,62.500,Y"),
]


def assert_settled(run: ImportRun) -> None:
    assert run.state == "succeeded"
    assert (run.rows["rejected"], run.rows["updated"], run.conflicts) == (0, 0, 0)


@pytest.mark.parametrize(("header", "row", "twin"), TWINS)
@pytest.mark.parametrize("is_turned", [False, True])
def test_files_that_differ_in_form_alone_change_nothing(
    ingest: Ingest,
    write_csv: WriteCsv,
    header: str,
    row: str,
    twin: str,
    is_turned: bool,
) -> None:
    first, second = (twin, row) if is_turned else (row, twin)
    ingest(write_csv("first.csv", header, first))

    run = ingest(write_csv("second.csv", header, second))

    assert_settled(run)
    assert run.rows["inserted"] == 0
    assert run.rows["unchanged"] == run.rows["read"] > 0


@pytest.mark.parametrize(("header", "row", "twin"), TWINS)
def test_rows_of_one_run_that_differ_in_form_alone_are_no_conflict(
    ingest: Ingest, write_csv: WriteCsv, header: str, row: str, twin: str
) -> None:
    run = ingest(
        write_csv("first.csv", header, row), write_csv("second.csv", header, twin)
    )

    assert_settled(run)


@pytest.mark.parametrize(
    ("header", "row", "other"),
    [
        (TWINS[0][0], TWINS[0][1], TWINS[0][1].replace("+1:09.907", "+1:09.908")),
        (TWINS[0][0], TWINS[0][1], TWINS[0][1].replace("238.430", "238.431")),
        (TWINS[4][0], TWINS[4][1], TWINS[4][1].replace("26.0325", "26.0326")),
        (TWINS[5][0], TWINS[5][1], TWINS[5][1].replace("+1:09.907", "+1 Lap")),
    ],
)
def test_files_that_differ_in_value_are_a_conflict(
    ingest: Ingest, write_csv: WriteCsv, header: str, row: str, other: str
) -> None:
    ingest(write_csv("first.csv", header, row))

    run = ingest(write_csv("second.csv", header, other))

    assert (run.rows["updated"], run.conflicts) == (1, 1)


def test_one_form_is_stored(ingest: Ingest, write_csv: WriteCsv) -> None:
    ingest(write_csv("results.csv", RESULTS, TWINS[0][2]))
    ingest(write_csv("circuits.csv", CIRCUITS, TWINS[4][2]))

    entrant = Entrant.objects.get()
    attributes: dict[str, Any] = entrant.attributes
    assert entrant.gap == attributes["time_text"] == "+1:09.907"
    assert attributes["fastest_lap_speed_kmh"] == "238.43"
    assert Venue.objects.get().attributes["altitude_m"] == "7"
