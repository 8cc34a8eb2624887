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
        ("date", "20/03/2022", "not_a_date"),
        ("time", "3 pm", "not_a_moment"),
        ("time", "15:00:60", "not_a_moment"),
        ("quali_date", "soon", "not_a_date"),
        ("quali_date", "1066-10-14", "not_a_date"),
        ("year", "2022.0", "not_a_whole_number"),
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
    assert rejection["original"][column] == text
