"""Al Kamel's results: what a line says of a car, and two cars of one number."""

from typing import Any

import pytest

from tests.unit.conftest import Answer, Read

SAID = {"said": {"meeting": "Spa", "race": "R1"}}
RESULT = {
    "POSITION": "1",
    "NUMBER": "46",
    "STATUS": "Classified",
    "LAPS": "17",
    "TOTAL_TIME": "45:57.575",
    "GAP_FIRST": "-",
    "GAP_PREVIOUS": "-",
    "FL_LAPNUM": "8",
    "FL_TIME": "2:28.630",
    "FL_KPH": "132.50",
    "CLASS": "Am",
    "TEAM": "Écurie",
    "VEHICLE": "GR86",
    "*Extra 7": "",
    "DRIVER1_FIRSTNAME": "Ann",
    "DRIVER1_SECONDNAME": "LEE",
}
BY_CLASS = "CLASS_TYPE;POS;PIC;NUMBER;VEHICLE;DRIVERS;LAPS;ELAPSED;GAP_FIRST;GAP_PREVIOUS;BEST_LAP_NUM;BEST_LAP_TIME;BEST_LAP_KPH"


def results(read: Read, *changes: dict[str, str]) -> Answer:
    """Read results with a line for each change."""
    lines = [";".join((RESULT | change).values()) for change in changes]
    return read("\n".join([";".join(RESULT), *lines]) + "\n", **SAID)


def only(answer: Answer) -> dict[str, Any]:
    """Give the payload of the only entrant."""
    [record] = answer.records("entrant")
    return dict(record["payload"])


def test_every_column_goes_somewhere(read: Read) -> None:
    answer = results(read, {})

    [record] = answer.records("entrant")
    assert (record["meeting_key"], record["race_key"], record["key"]) == (
        "Spa",
        "R1",
        "46",
    )
    assert record["payload"] == {
        "position": 1,
        "attributes.position_text": None,
        "number": "46",
        "status": "classified",
        "laps_completed": 17,
        "team": "Écurie",
        "total_time_ms": 2757575,
        "gap": None,
        "attributes.gap_previous": None,
        "fastest_lap_ms": 148630,
        "attributes.class": "Am",
        "attributes.vehicle": "GR86",
        "attributes.fastest_lap_number": "8",
        "attributes.fastest_lap_speed_kmh": "132.5",
        "attributes.extra_7": None,
        "attributes.driver1_firstname": "Ann",
        "attributes.driver1_secondname": "LEE",
    }


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Classified", "classified"),
        ("Not classified", "not classified"),
        ("NOT CLASSIFIED", "not classified"),
        ("Disqualified", "disqualified"),
        ("Not started", "did not start"),
        ("Retired", "retired"),
        ("Under appeal", "Under appeal"),
        ("", None),
    ],
)
def test_status_is_a_word(read: Read, text: str, status: str | None) -> None:
    assert only(results(read, {"STATUS": text}))["status"] == status


@pytest.mark.parametrize(
    ("text", "gap"),
    [("+0.684", "+0.684"), ("3 Laps", "3 Laps"), ("+1'05.200", "+1:05.200")],
)
def test_gap_is_a_time_or_laps(read: Read, text: str, gap: str) -> None:
    assert only(results(read, {"GAP_FIRST": text}))["gap"] == gap


def test_race_of_a_day_with_apostrophes_for_minutes(read: Read) -> None:
    payload = only(results(read, {"TOTAL_TIME": "24:01'38.019", "FL_TIME": "3'27.500"}))

    assert payload["total_time_ms"] == 86_498_019
    assert payload["fastest_lap_ms"] == 207_500


def test_car_without_a_place_keeps_what_stands_there(read: Read) -> None:
    change = {"POSITION": "DNF", "TOTAL_TIME": "", "FL_TIME": "", "STATUS": ""}

    payload = only(results(read, change))

    assert payload["position"] is None
    assert payload["attributes.position_text"] == "DNF"
    assert payload["total_time_ms"] is None


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("POSITION", "1st", "not_a_place"),
        ("NUMBER", "", "missing_value"),
        ("LAPS", "many", "not_a_whole_number"),
        ("TOTAL_TIME", "45 min", "not_a_time"),
        ("FL_TIME", "quick", "not_a_time"),
        ("TEAM", "x" * 201, "not_text"),
        ("GAP_FIRST", "x" * 51, "not_text"),
        ("DRIVER1_FIRSTNAME", "x" * 301, "not_text"),
    ],
)
def test_mistake_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = results(read, {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_faster_car_of_a_number_keeps_the_number(read: Read) -> None:
    slower = {"NUMBER": "3", "POSITION": "15", "FL_TIME": "2:32.070"}
    faster = {"NUMBER": "3", "POSITION": "18", "FL_TIME": "2:31.035"}

    found = results(read, slower, faster).records("entrant")

    assert [(car["key"], car["payload"]["position"]) for car in found] == [
        ("3/2", 15),
        ("3", 18),
    ]
    assert {car["payload"]["number"] for car in found} == {"3"}


def test_row_that_stands_twice_is_no_second_car(read: Read) -> None:
    found = results(read, {}, {}, {"TOTAL_TIME": "46:00.000"}).records("entrant")

    assert [car["key"] for car in found] == ["46"] * 3


def test_results_by_class_have_a_place_in_the_class_and_no_gap(read: Read) -> None:
    line = "Am;4;2;46;GR86;Ann LEE / Bo RAY;17;45:57.575;+0.684;+0.684;8;2:28.630;132.5"

    payload = only(read(f"{BY_CLASS}\n{line}\n", **SAID))

    assert (payload["position"], payload["attributes.position_in_class"]) == (4, "2")
    assert "gap" not in payload
    assert payload["attributes.gap_first_by_class"] == "+0.684"
    assert payload["attributes.drivers"] == "Ann LEE / Bo RAY"
    assert (payload["total_time_ms"], payload["fastest_lap_ms"]) == (2757575, 148630)


def test_timed_session_has_a_place_and_a_best_lap(read: Read) -> None:
    header = "POS;NUMBER;LAP;TIME;GAP_FIRST;CLASS;TEAM"

    payload = only(read(f"{header}\n1;8;12;3'27.500;;HYPERCAR;Toyota\n", **SAID))

    assert (payload["position"], payload["fastest_lap_ms"]) == (1, 207_500)
    assert payload["attributes.fastest_lap_number"] == "12"


def test_columns_of_one_name_in_attributes_are_both_kept(read: Read) -> None:
    header = ";".join([*RESULT, "extra-7", "Gap previous"])
    line = ";".join([*RESULT.values(), "x", "y"])

    payload = only(read(f"{header}\n{line}\n", **SAID))

    assert payload["attributes.extra_7"] is None
    assert payload["attributes.extra_7_"] == "x"
    assert payload["attributes.gap_previous"] is None
    assert payload["attributes.gap_previous_"] == "y"
