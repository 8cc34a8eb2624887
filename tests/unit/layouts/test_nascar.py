"""NASCAR tables: laps of a matrix, stops in their order."""

import pytest

from tests.unit.conftest import Answer, Read

SAID = {"said": {"meeting": "2022"}}
STOP = {
    "driver": "Ann Lee",
    "race": "Daytona 500",
    "pit_in_elapsed_time": "1754.495",
    "pit_in_lap_count": "36",
    "pit_stop_type": "OTHER",
    "pit_stop_duration": "11.1738",
}


def matrix(read: Read, *lines: str, laps: tuple[int, ...] = (1, 2, 10)) -> Answer:
    """Read a matrix of these laps."""
    names = ["", "driver", "race", "race_id", *map(str, laps)]
    header = ",".join(f'"{name}"' for name in names)
    return read("\n".join([header, *lines]) + "\n", **SAID)


def stops(read: Read, *changes: dict[str, str]) -> Answer:
    """Read pit stops with a line for each change."""
    lines = [",".join((STOP | change).values()) for change in changes]
    return read("\n".join([",".join(STOP), *lines]) + "\n", **SAID)


def test_line_is_as_many_laps_as_it_has_times(read: Read) -> None:
    answer = matrix(read, '"1","Ann Lee","Daytona 500",5146,NA,53.053,1:00.5')

    laps = answer.rows("lap")
    assert [(lap["number"], lap["time_ms"]) for lap in laps] == [
        ("2", "53053"),
        ("10", "60500"),
    ]
    keys = {(x["meeting_key"], x["race_key"], x["entrant_key"]) for x in laps}
    assert keys == {("2022", "Daytona 500", "Ann Lee")}
    [part] = answer.result["parts"]
    assert (part["laps_stated"], part["rows_silent"]) == (2, 0)


def test_matrix_states_its_race_and_drivers(read: Read) -> None:
    answer = matrix(
        read, '"1","Ann Lee","Daytona 500",5146,NA,NA,NA', '"2",Bo,"Daytona 500",5146,1'
    )

    [race] = answer.records("race")
    assert race["payload"] == {"name": "Daytona 500", "attributes.race_id": "5146"}
    drivers = answer.records("entrant")
    assert {driver["key"] for driver in drivers} == {"Ann Lee", "Bo"}
    assert drivers[0]["payload"].keys() == {"name", "competitor"}


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("1,Ann,Daytona,5146,NA,fast,50", "2", "not_a_time"),
        ("1,Ann,Daytona,5146,NA,-50,50", "2", "negative_time"),
        ("1,Ann,Daytona,5146,NA,86400.001,50", "2", "not_a_time"),
        ("1,NA,Daytona,5146,NA,50,50", "driver", "missing_value"),
        ("1,Ann,,5146,NA,50,50", "race", "missing_value"),
    ],
)
def test_mistake_refuses_the_line_once(
    read: Read, line: str, column: str, code: str
) -> None:
    answer = matrix(read, line)

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == (column, code)
    assert answer.rows("lap") == []


def test_table_without_a_lap_is_no_matrix(read: Read) -> None:
    answer = matrix(read, "1,Ann,Daytona,5146", laps=())

    assert answer.refusal == "UnknownLayout"


def test_columns_that_are_no_laps_are_kept_of_the_driver(read: Read) -> None:
    answer = read("driver,race,race_id,Car No,1\nAnn,Daytona,5146,11,50\n", **SAID)

    [driver] = answer.records("entrant")
    assert driver["payload"]["attributes.car_no"] == "11"


def test_stops_are_numbered_in_order_of_time(read: Read) -> None:
    late, early = {"pit_in_elapsed_time": "9602.219"}, {"pit_in_elapsed_time": "354.05"}

    found = stops(read, late, early, early | {"race": "Pennzoil 400"}).records(
        "pit_stop"
    )

    assert [(s["race_key"], s["key"], s["number"]) for s in found] == [
        ("Daytona 500", "Ann Lee", "2"),
        ("Daytona 500", "Ann Lee", "1"),
        ("Pennzoil 400", "Ann Lee", "1"),
    ]
    assert found[0]["payload"] == {"lap": 36, "duration_ms": 11174}


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("driver", "", "missing_value"),
        ("race", "NA", "missing_value"),
        ("pit_in_elapsed_time", "NA", "missing_value"),
        ("pit_in_elapsed_time", "late", "not_a_time"),
        ("pit_in_lap_count", "x", "not_a_whole_number"),
        ("pit_stop_duration", "x", "not_a_time"),
    ],
)
def test_mistake_of_a_stop_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = stops(read, {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_file_of_which_nobody_says_the_meeting_is_refused(read: Read) -> None:
    assert read("driver,race,race_id,1\nAnn,Daytona,1,50\n").refusal == "NotSaid"
