"""Al Kamel's analysis: laps, cars and stops of a line; two cars of one number."""

from typing import Any

import pytest

from tests.unit.conftest import Answer, Read

SAID = {"said": {"meeting": "Spa", "race": "R1"}}
LAP = {
    "NUMBER": "7",
    "DRIVER_NUMBER": "1",
    "LAP_NUMBER": "1",
    "LAP_TIME": "1:34.570",
    "CROSSING_FINISH_LINE_IN_PIT": "",
    "S1": "0:34.470",
    "S2": "1:20.154",
    "S3": "27.5",
    "ELAPSED": "24:01:34.570",
    "HOUR": "0:12:29.151",
    "DRIVER_NAME": "Ann LEE",
    "PIT_TIME": "",
    "CLASS": "GT3",
    "TEAM": "Équipe",
}


def analysis(
    read: Read, *changes: dict[str, str], without: tuple[str, ...] = ()
) -> Answer:
    """Read an analysis with a line for each change, written as Al Kamel does."""
    names = [name for name in LAP if name not in without]
    lines = ["; ".join(names) + ";"]
    for change in changes:
        row = LAP | change
        lines.append(";".join(row[name] for name in names) + ";")
    return read("\ufeff" + "\r\n".join(lines) + "\r\n", **SAID)


def laps(
    number: str, *times: str, first: int = 1, **others: str
) -> list[dict[str, str]]:
    """Give the laps of a car."""
    return [
        {"NUMBER": number, "LAP_NUMBER": str(lap), "LAP_TIME": time, **others}
        for lap, time in enumerate(times, start=first)
    ]


def cars(answer: Answer) -> list[tuple[str, str, str]]:
    """Give key, number and time of the laps that were read."""
    rows = answer.rows("lap")
    return [(row["entrant_key"], row["number"], row["time_ms"]) for row in rows]


def test_line_is_a_lap_of_the_meeting_and_race_that_are_said(read: Read) -> None:
    answer = analysis(read, {"CROSSING_FINISH_LINE_IN_PIT": "B"})

    [lap] = answer.rows("lap")
    assert lap == {
        "file_number": "1",
        "row_number": "2",
        "meeting_key": "Spa",
        "race_key": "R1",
        "entrant_key": "7",
        "number": "1",
        "time_ms": "94570",
        "elapsed_ms": "86494570",
        "sector1_ms": "34470",
        "sector2_ms": "80154",
        "sector3_ms": "27500",
        "in_pit": "true",
    }


def test_file_of_which_nobody_says_the_race_is_refused(read: Read) -> None:
    answer = read(
        f"{';'.join(LAP)}\n{';'.join(LAP.values())}\n", said={"meeting": "Spa"}
    )

    assert answer.refusal == "NotSaid"


def test_lap_of_a_night_is_as_long_as_it_is(read: Read) -> None:
    answer = analysis(read, {"LAP_TIME": "17:12:34.567"})

    assert cars(answer) == [("7", "1", "61954567")]


def test_older_file_states_what_it_has(read: Read) -> None:
    without = ("S1", "S2", "S3", "ELAPSED", "HOUR", "DRIVER_NAME", "PIT_TIME", "TEAM")

    answer = analysis(read, {}, without=without)

    assert answer.result["lap_columns"] == ["time_ms", "in_pit"]
    [car] = answer.records("entrant")
    assert car["payload"] == {"number": "7", "attributes.class": "GT3"}
    assert answer.records("pit_stop") == []


def test_car_of_three_drivers_is_one_entrant(read: Read) -> None:
    drivers = [("2", "Bo RAY"), ("1", "Ann LEE"), ("3", "Cy DOE"), ("2", "Bo RAY")]
    changes = [
        {"LAP_NUMBER": str(lap), "DRIVER_NUMBER": number, "DRIVER_NAME": name}
        for lap, (number, name) in enumerate(drivers, start=1)
    ]

    [car] = analysis(read, *changes).records("entrant")

    assert car["payload"]["name"] == "Ann LEE / Bo RAY / Cy DOE"
    assert (car["payload"]["number"], car["payload"]["team"]) == ("7", "Équipe")


def test_stop_has_the_number_of_its_lap(read: Read) -> None:
    stops = [("7", "9", "1:00.5"), ("8", "3", "0:14:13.993"), ("7", "2", "37.637")]
    changes = [
        {"NUMBER": number, "LAP_NUMBER": lap, "PIT_TIME": time}
        for number, lap, time in stops
    ]

    found = analysis(read, *changes, {"LAP_NUMBER": "1"}).records("pit_stop")

    assert [(s["key"], s["number"], s["payload"]) for s in found] == [
        ("7", "9", {"lap": 9, "duration_ms": 60500}),
        ("8", "3", {"lap": 3, "duration_ms": 853993}),
        ("7", "2", {"lap": 2, "duration_ms": 37637}),
    ]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("NUMBER", "", "missing_value"),
        ("LAP_NUMBER", "", "missing_value"),
        ("LAP_NUMBER", "one", "not_a_whole_number"),
        ("LAP_TIME", "fast", "not_a_time"),
        ("LAP_TIME", "-1:34.570", "negative_time"),
        ("S2", "1:75.000", "not_a_time"),
        ("ELAPSED", "a day", "not_a_time"),
        ("PIT_TIME", "long", "not_a_time"),
        ("CROSSING_FINISH_LINE_IN_PIT", "X", "not_the_mark"),
        ("TEAM", "x" * 201, "not_text"),
    ],
)
def test_mistake_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = analysis(read, {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_second_car_of_a_number_is_told_by_laps_that_begin_again(read: Read) -> None:
    slower, faster = laps("3", "1:40.000", "1:39.000"), laps("3", "1:38.000")

    answer = analysis(read, *slower, *laps("4", "1:41.000"), *faster)

    assert cars(answer) == [
        ("3/2", "1", "100000"),
        ("3/2", "2", "99000"),
        ("4", "1", "101000"),
        ("3", "1", "98000"),
    ]
    keys = {(car["key"], car["payload"]["number"]) for car in answer.records("entrant")}
    assert keys == {("3", "3"), ("3/2", "3"), ("4", "4")}


def test_order_of_two_cars_in_the_file_does_not_change_their_keys(read: Read) -> None:
    slower, faster = laps("3", "1:40.000", "1:39.000"), laps("3", "1:38.000")

    answers = [analysis(read, *slower, *faster), analysis(read, *faster, *slower)]

    first, second = (sorted(cars(answer)) for answer in answers)
    assert first == second


def test_copy_of_the_file_below_it_is_no_second_car(read: Read) -> None:
    once = laps("3", "1:40.000", "1:39.000")

    answer = analysis(read, *once, *once)

    assert cars(answer) == [("3", "1", "100000"), ("3", "2", "99000")] * 2


def test_longer_and_corrected_copy_is_no_second_car(read: Read) -> None:
    early, late = (
        laps("3", "1:40.000", "1:39.000"),
        laps("3", "1:40.000", "1:39.500", "1:30.000"),
    )

    answer = analysis(read, *early, *late)

    assert {key for key, _, _ in cars(answer)} == {"3"}


def test_file_in_another_order_than_car_by_car_keeps_one_key(read: Read) -> None:
    backwards = laps("3", "1:40.000", "1:39.000", "1:38.000")[::-1]
    two_cars = laps("4", "1:40.000", "1:39.000"), laps("4", "1:38.000", "1:37.000")
    in_turn = [lap for pair in zip(*two_cars, strict=True) for lap in pair]

    answer = analysis(read, *backwards, *in_turn)

    assert {key for key, _, _ in cars(answer)} == {"3", "4"}


def test_leading_zeros_are_another_car(read: Read) -> None:
    answer = analysis(read, *laps("007", "1:40.000"), *laps("7", "1:41.000"))

    assert [key for key, _, _ in cars(answer)] == ["007", "7"]


@pytest.mark.parametrize(
    "header",
    [
        "TIME_UTC_SECONDS;TIME_UTC_STR;AIR_TEMP;TRACK_TEMP;RAIN",
        "NUMBER;VEHICLE;TOTAL_DRIVER_LAPS;BESTLAP_1;BESTLAP_1_LAPNUM",
        "TIME;ELAPSED;REC_TYPE;FLAG;SECTOR;MESSAGE",
    ],
)
def test_file_that_holds_nothing_of_ours_is_known(read: Read, header: str) -> None:
    answer = read(f"{header}\n{';' * header.count(';')}1\n")

    assert answer.result["layout"].startswith("alkamel.")
    notices: list[dict[str, Any]] = answer.result["notices"]
    assert ("nothing_stored", 1) in [(n["code"], n["rows"]) for n in notices]


def test_corrected_rows_state_their_stops_and_no_drivers(read: Read) -> None:
    row = LAP | {"LAP_NUMBER": "9", "PIT_TIME": "1:02.5", "reject_row_number": "5"}
    lines = [";".join(row), ";".join(row.values())]

    answer = read("\n".join(lines) + "\n", refused_rows=[5], **SAID)

    assert cars(answer) == [("7", "9", "94570")]
    assert [stop["number"] for stop in answer.records("pit_stop")] == ["9"]
    [car] = answer.records("entrant")
    assert "name" not in car["payload"]
    [notice] = answer.result["notices"]
    assert notice["code"] == "needs_whole_file"
