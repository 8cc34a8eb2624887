"""The Ergast tables: which rows their lines state, and which lines are mistakes."""

from typing import Any

import pytest

from tests.unit.conftest import Answer, Read

RACES = "raceId,year,round,circuitId,name,date,time,quali_date,quali_time"


def races(read: Read, **cells: str) -> Answer:
    """Read races.csv with one line, good but for the given cells."""
    row = dict.fromkeys(RACES.split(","), "")
    row |= {"raceId": "1", "year": "2022", "round": "1", "circuitId": "3"}
    row |= {"name": "Bahrain", "date": "2022-03-20", "time": "15:00:00"}
    row |= cells
    return read(f"{RACES}\n{','.join(row.values())}\n")


def only_rejection(answer: Answer) -> dict[str, Any]:
    """Give the one row that was refused."""
    [rejection] = answer.rejections
    return rejection


def test_race_starts_at_the_date_and_time_of_its_line(read: Read) -> None:
    [race] = races(read).records("race")

    assert race["race_key"] == "race"
    assert race["payload"]["scheduled_start"] == "2022-03-20T15:00:00Z"


def test_session_with_a_date_and_no_time_keeps_its_date(read: Read) -> None:
    answer = races(read, quali_date="2022-03-19", quali_time="\\N")

    [_, qualifying] = answer.records("race")
    assert qualifying["payload"]["attributes.date"] == "2022-03-19"
    assert qualifying["payload"]["scheduled_start"] is None


def test_meeting_without_a_session_has_none_of_it(read: Read) -> None:
    answer = races(read, quali_date="\\N", quali_time="\\N")

    assert [race["race_key"] for race in answer.records("race")] == ["race"]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("raceId", "\\N", "missing_value"),
        ("raceId", "", "missing_value"),
        ("date", "20/03/2022", "not_a_date"),
        ("time", "3 pm", "not_a_moment"),
        ("time", "15:00:60", "not_a_moment"),
        ("quali_date", "soon", "not_a_date"),
        ("quali_date", "1066-10-14", "not_a_date"),
        ("year", "2022.5", "not_a_whole_number"),
        ("round", "-1", "not_a_whole_number"),
        ("name", "x" * 301, "not_text"),
    ],
)
@pytest.mark.parametrize("quali_time", ["14:00:00", "\\N"])
def test_mistake_of_a_race_names_its_column(
    read: Read, column: str, text: str, code: str, quali_time: str
) -> None:
    cells = {"quali_date": "2022-03-19", "quali_time": quali_time, column: text}

    rejection = only_rejection(races(read, **cells))

    assert (rejection["row_number"], rejection["column"]) == (2, column)
    assert rejection["code"] == code
    assert rejection["original"][column] == (text or None)


RESULT = {
    "resultId": "1",
    "raceId": "1",
    "driverId": "830",
    "constructorId": "9",
    "number": "1",
    "grid": "2",
    "position": "1",
    "positionText": "1",
    "points": "25",
    "laps": "57",
    "time": "1:37:33.584",
    "milliseconds": "5853584",
    "fastestLapTime": "1:34.570",
    "fastestLapSpeed": "206.018",
}


def results(read: Read, *changes: dict[str, str]) -> Answer:
    """Read results.csv with a line for each change, good but for it."""
    rows = [",".join((RESULT | change).values()) for change in changes]
    return read("\n".join([",".join(RESULT), *rows]) + "\n")


def entrant(answer: Answer) -> dict[str, Any]:
    """Give the payload of the only entrant."""
    [record] = answer.records("entrant")
    return dict(record["payload"])


@pytest.mark.parametrize(
    ("letter", "status"),
    [
        ("1", "classified"),
        ("R", "retired"),
        ("D", "disqualified"),
        ("W", "withdrawn"),
        ("N", "not classified"),
        ("X9", "X9"),
        ("\\N", None),
    ],
)
def test_status_is_what_position_text_says(
    read: Read, letter: str, status: str | None
) -> None:
    assert entrant(results(read, {"positionText": letter}))["status"] == status


@pytest.mark.parametrize(
    ("time", "gap"),
    [("+5.598", "+5.598"), ("+1 Lap", "+1 Lap"), ("1:37:33.584", None), ("\\N", None)],
)
def test_gap_is_a_time_with_a_plus(read: Read, time: str, gap: str | None) -> None:
    assert entrant(results(read, {"time": time}))["gap"] == gap


def test_unknown_is_null_never_zero(read: Read) -> None:
    unknown = ("position", "milliseconds", "fastestLapTime", "grid", "points", "laps")

    payload = entrant(results(read, dict.fromkeys(unknown, "\\N")))

    columns = ("position", "total_time_ms", "fastest_lap_ms", "grid", "points")
    assert [payload[column] for column in columns] == [None] * 5


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("positionText", "x" * 51),
        ("positionText", "R\x00"),
        ("time", "+" + "9" * 50),
        ("time", "+5.598\x00"),
        ("number", "1" * 21),
        ("driverId", "d" * 201),
        ("driverId", "d\x00"),
        ("fastestLapSpeed", "fast\x00"),
    ],
)
def test_text_that_the_database_cannot_hold_refuses_its_row(
    read: Read, column: str, text: str
) -> None:
    answer = results(read, {column: text}, {"driverId": "1"})

    rejection = only_rejection(answer)
    assert (rejection["column"], rejection["code"]) == (column, "not_text")
    assert [row["key"] for row in answer.records("entrant")] == ["1"]


def test_second_drive_whose_key_is_too_long_refuses_its_row(read: Read) -> None:
    drives = [{"driverId": "d" * 199, "resultId": n} for n in "12"]

    assert only_rejection(results(read, *drives))["row_number"] == 3
