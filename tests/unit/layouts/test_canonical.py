"""Our own layout: what a column says, what its absence says, what is refused."""

import pytest

from tests.unit.conftest import Read

LAPS = "meeting,race,entrant,lap"


def test_lap_has_the_columns_that_its_file_states(read: Read) -> None:
    answer = read(f"{LAPS},time,in_pit\nAshford,1,007,1,1:34.570,yes\n")

    [lap] = answer.rows("lap")
    assert (lap["entrant_key"], lap["number"]) == ("007", "1")
    assert (lap["time_ms"], lap["in_pit"]) == ("94570", "true")
    assert answer.result["lap_columns"] == ["time_ms", "in_pit"]


def test_column_of_a_record_that_is_not_there_is_no_opinion(read: Read) -> None:
    answer = read("meeting,race,entrant,number\nAshford,1,007,\n")

    [entrant] = answer.records("entrant")
    assert entrant["payload"] == {"number": None}


def test_flat_laps_describe_their_meeting_once(read: Read) -> None:
    header = f"{LAPS},time_ms,meeting_name,meeting_season,race_kind,entrant_number"
    laps = [f"Ashford,1,007,{n},94570,Spring,2024,heat,007" for n in (1, 2, 3)]

    answer = read("\n".join([header, *laps]) + "\n")

    [meeting] = answer.records("meeting")
    [race] = answer.records("race")
    [entrant] = answer.records("entrant")
    assert meeting["payload"] == {"name": "Spring", "season": 2024}
    assert race["payload"] == {"kind": "heat"}
    assert entrant["payload"] == {"number": "007"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (f"{LAPS},time,time_ms", "Ashford,1,7,1,,94570"),
        ("meeting,race,entrant,fastest_lap,fastest_lap_ms", "Ashford,1,7,,94570"),
        ("meeting,race,entrant,stop,duration,duration_ms", "Ashford,1,7,1,,2500"),
        (f"{LAPS},entrant_total_time,entrant_total_time_ms", "Ashford,1,7,1,,2500"),
    ],
)
def test_two_columns_for_one_value_are_refused(
    read: Read, header: str, row: str
) -> None:
    answer = read(f"{header}\n{row}\n")

    twins = header.split(",")[-2:]
    assert answer.refusal == "UnknownLayout"
    assert all(repr(twin) in answer.result["message"] for twin in twins)


def test_total_time_of_a_day_race_is_longer_than_a_day(read: Read) -> None:
    answer = read("meeting,race,entrant,total_time\nLe Mans,24h,7,24:01:15.123\n")

    [entrant] = answer.records("entrant")
    assert entrant["payload"]["total_time_ms"] == 86_475_123


def test_total_time_has_its_bound_too(read: Read) -> None:
    answer = read("meeting,race,entrant,total_time\nM,1,7,999:00:00\n")

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == ("total_time", "not_a_time")


@pytest.mark.parametrize("column", ["meeting", "race", "entrant", "lap"])
def test_lap_without_a_key_is_refused(read: Read, column: str) -> None:
    row = {"meeting": "Ashford", "race": "1", "entrant": "7", "lap": "1", column: " "}

    answer = read(f"{LAPS},position\n{','.join(row.values())},1\n")

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == (column, "missing_value")
    assert answer.rows("lap") == []


@pytest.mark.parametrize("name", ["row_number", "problem", "drive", "clean:raceId"])
def test_column_of_any_name_can_stand_beside_those_we_read(
    read: Read, name: str
) -> None:
    header = f"{name},raceId,driverId,lap,time"

    answer = read(f"{header}\nx,1,830,1,1:34.570\ny,1,830,2,never\n")

    [lap] = answer.rows("lap")
    [rejection] = answer.rejections
    assert (lap["row_number"], lap["meeting_key"]) == ("2", "1")
    assert rejection["original"][name] == "y"


def test_laps_file_that_states_nothing_of_its_laps_is_refused(read: Read) -> None:
    answer = read(f"{LAPS}\nAshford,1,7,1\n")

    assert answer.refusal == "UnknownLayout"


def test_slip_that_is_known_has_its_own_code_and_message(read: Read) -> None:
    header = f"{LAPS},time,position"
    rows = ["Ashford,1,7,1,-1:34.570,1", "Ashford,1,7,2,1:34.570,１"]  # noqa: RUF001
    rows.append("Ashford,1,7,3,abc,1")

    answer = read("\n".join([header, *rows]) + "\n")

    codes = [(row["column"], row["code"]) for row in answer.rejections]
    assert codes == [
        ("time", "negative_time"),
        ("position", "not_a_whole_number"),
        ("time", "not_a_time"),
    ]
    assert "digits 0 to 9" in answer.rejections[1]["message"]
