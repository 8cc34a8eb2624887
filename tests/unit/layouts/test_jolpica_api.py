"""Answers of the Ergast-style API: what an element of each array states."""

from typing import Any

import pytest

from tests.unit.conftest import Answer, Read

RACES = "MRData.RaceTable.Races"
ROUND = {
    f"{RACES}.season": "2023",
    f"{RACES}.round": "18",
    f"{RACES}.raceName": "United States Grand Prix",
    f"{RACES}.Circuit.circuitId": "americas",
    f"{RACES}.Circuit.circuitName": "Circuit of the Americas",
    f"{RACES}.Circuit.Location.lat": "30.1328",
    f"{RACES}.Circuit.Location.locality": "Austin",
    f"{RACES}.Circuit.Location.country": "USA",
    f"{RACES}.date": "2023-10-22",
    f"{RACES}.time": "19:00:00Z",
}
DRIVER = {
    "Driver.driverId": "norris",
    "Driver.code": "NOR",
    "Driver.givenName": "Lando",
    "Driver.familyName": "Norris",
    "Constructor.constructorId": "mclaren",
    "Constructor.name": "McLaren",
}
RESULT = DRIVER | {
    "number": "4",
    "position": "2",
    "positionText": "2",
    "points": "18",
    "grid": "2",
    "laps": "56",
    "status": "Finished",
    "Time.millis": "5732092",
    "Time.time": "+10.730",
    "FastestLap.rank": "8",
    "FastestLap.lap": "51",
    "FastestLap.Time.time": "1:39.944",
    "FastestLap.AverageSpeed.units": "kph",
    "FastestLap.AverageSpeed.speed": "198.600",
}
LAP = {"number": "1", "Timings.driverId": "norris", "Timings.position": "1"}
LAP |= {"Timings.time": "1:45.537"}
STOP = {"driverId": "norris", "lap": "17", "stop": "1", "time": "14:32:01"}
STOP |= {"duration": "18:17.123"}


def table(read: Read, *rows: dict[str, str]) -> Answer:
    """Read rows that have the columns of the first."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return read("\n".join(lines) + "\n")


def inside(array: str, row: dict[str, str], **cells: str) -> dict[str, str]:
    """Give an element of an array of a round, good but for the given cells."""
    changed = row | {name.replace("__", "."): cell for name, cell in cells.items()}
    return ROUND | {f"{RACES}.{array}.{name}": cell for name, cell in changed.items()}


def result(read: Read, array: str = "Results", **cells: str) -> dict[str, Any]:
    [entrant] = table(read, inside(array, RESULT, **cells)).records("entrant")
    return entrant


def test_round_is_a_meeting_with_its_race_and_circuit(read: Read) -> None:
    answer = table(read, ROUND)

    [meeting], [race] = answer.records("meeting"), answer.records("race")
    [venue] = answer.records("venue")
    assert meeting["meeting_key"] == race["meeting_key"] == "2023-18"
    assert meeting["payload"]["venue"] == venue["key"] == "americas"
    assert (meeting["payload"]["season"], meeting["payload"]["round"]) == (2023, 18)
    assert race["payload"]["scheduled_start"] == "2023-10-22T19:00:00Z"
    assert venue["payload"]["attributes.latitude"] == "30.1328"


def test_old_round_has_a_date_and_no_time(read: Read) -> None:
    [race] = table(read, ROUND | {f"{RACES}.time": ""}).records("race")

    assert race["payload"]["attributes.date"] == "2023-10-22"
    assert race["payload"]["scheduled_start"] is None


def test_sessions_of_a_weekend_are_races_where_they_are(read: Read) -> None:
    sessions = {
        f"{RACES}.FirstPractice.date": "2023-10-20",
        f"{RACES}.FirstPractice.time": "17:30:00Z",
        f"{RACES}.ThirdPractice.date": "",
        f"{RACES}.ThirdPractice.time": "",
        f"{RACES}.Sprint.date": "2023-10-21",
        f"{RACES}.Sprint.time": "22:00:00Z",
    }

    races = table(read, ROUND | sessions).records("race")

    assert {race["race_key"]: race["payload"]["kind"] for race in races} == {
        "race": "race",
        "fp1": "practice",
        "sprint": "sprint",
    }


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        (f"{RACES}.season", "soon", "not_a_whole_number"),
        (f"{RACES}.round", "", "missing_value"),
        (f"{RACES}.date", "22 October", "not_a_date"),
        (f"{RACES}.time", "7 pm", "not_a_moment"),
        (f"{RACES}.raceName", "x" * 301, "not_text"),
    ],
)
def test_mistake_of_a_round_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = table(read, ROUND | {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_result_is_an_entrant_with_its_driver_and_constructor(read: Read) -> None:
    answer = table(read, inside("Results", RESULT))

    [entrant] = answer.records("entrant")
    assert (entrant["race_key"], entrant["key"]) == ("race", "norris")
    assert entrant["payload"] == {
        "competitor": "norris",
        "number": "4",
        "team": "mclaren",
        "attributes.position_order": 2,
        "position": 2,
        "status": "classified",
        "grid": 2,
        "points": "18",
        "laps_completed": 56,
        "total_time_ms": 5_732_092,
        "attributes.time_text": "+10.730",
        "fastest_lap_ms": 99_944,
        "gap": "+10.730",
        "attributes.status_text": "Finished",
        "attributes.position_text": "2",
        "attributes.fastest_lap_speed_units": "kph",
        "attributes.fastest_lap_number": "51",
        "attributes.fastest_lap_rank": "8",
        "attributes.fastest_lap_speed": "198.6",
    }
    [driver], [team] = answer.records("competitor"), answer.records("team")
    assert driver["payload"]["name"] == "Lando Norris"
    assert team["payload"]["name"] == "McLaren"


def test_sprint_result_is_of_the_sprint(read: Read) -> None:
    assert result(read, "SprintResults")["race_key"] == "sprint"


def test_winner_has_no_gap_and_a_lapped_car_laps(read: Read) -> None:
    winner = result(read, Time__time="1:35:21.362")["payload"]
    lapped = result(read, Time__time="", Time__millis="", status="+1 Lap")["payload"]

    assert winner["gap"] is None
    assert winner["attributes.time_text"] == "1:35:21.362"
    assert (lapped["gap"], lapped["total_time_ms"]) == ("+1 Lap", None)


@pytest.mark.parametrize(
    ("letter", "status"),
    [
        ("R", "retired"),
        ("D", "disqualified"),
        ("W", "withdrawn"),
        ("F", "did not qualify"),
        ("N", "not classified"),
        ("E", "excluded"),
        ("Q", "Q"),
    ],
)
def test_who_is_not_classified_has_a_place_in_the_list_alone(
    read: Read, letter: str, status: str
) -> None:
    payload = result(read, positionText=letter, position="19")["payload"]

    assert (payload["status"], payload["position"]) == (status, None)
    assert payload["attributes.position_order"] == 19
    assert payload["attributes.position_text"] == letter


def test_grid_of_the_pit_lane_is_zero(read: Read) -> None:
    assert result(read, grid="0")["payload"]["grid"] == 0


def test_second_car_of_a_driver_is_a_second_entrant(read: Read) -> None:
    later = inside("Results", RESULT, position="9", positionText="R")
    first = inside("Results", RESULT, position="2")
    other = inside("Results", RESULT, Driver__driverId="fangio", position="1")

    entrants = table(read, later, first, other).records("entrant")

    assert [
        (e["key"], e["payload"]["attributes.position_order"]) for e in entrants
    ] == [
        ("norris/2", 9),
        ("norris", 2),
        ("fangio", 1),
    ]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("Driver.driverId", "", "missing_value"),
        ("position", "first", "not_a_whole_number"),
        ("points", "many", "not_a_number"),
        ("grid", "P", "not_a_whole_number"),
        ("laps", "-1", "not_a_whole_number"),
        ("Time.millis", "1:35", "not_a_whole_number"),
        ("FastestLap.Time.time", "fast", "not_a_time"),
    ],
)
def test_mistake_of_a_result_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    row = inside("Results", RESULT) | {f"{RACES}.Results.{column}": text}

    [rejection] = table(read, row).rejections

    assert rejection["column"] == f"{RACES}.Results.{column}"
    assert rejection["code"] == code


def test_qualifying_has_its_parts_and_the_best_of_them(read: Read) -> None:
    parts = {"number": "4", "position": "2", "Q1": "1:35.328", "Q2": "1:34.858"}

    answer = table(read, inside("QualifyingResults", DRIVER | parts | {"Q3": ""}))

    [entrant] = answer.records("entrant")
    assert (entrant["race_key"], entrant["key"]) == ("qualifying", "norris")
    payload = entrant["payload"]
    assert (payload["position"], payload["fastest_lap_ms"]) == (2, 94_858)
    assert payload["attributes.q1_ms"] == 95_328
    assert payload["attributes.q3_ms"] is None


def test_lap_is_a_timing_of_its_number(read: Read) -> None:
    [lap] = table(read, inside("Laps", LAP)).rows("lap")

    keys = ("meeting_key", "race_key", "entrant_key", "number")
    assert [lap[key] for key in keys] == ["2023-18", "race", "norris", "1"]
    assert (lap["time_ms"], lap["position"]) == ("105537", "1")


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("number", "", "missing_value"),
        ("Timings.driverId", "", "missing_value"),
        ("Timings.position", "0", "not_a_whole_number"),
        ("Timings.time", "fast", "not_a_time"),
    ],
)
def test_mistake_of_a_lap_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    row = inside("Laps", LAP) | {f"{RACES}.Laps.{column}": text}

    [rejection] = table(read, row).rejections

    assert (rejection["column"], rejection["code"]) == (f"{RACES}.Laps.{column}", code)


def test_pit_stop_of_a_red_flag_is_as_long_as_it_was(read: Read) -> None:
    [stop] = table(read, inside("PitStops", STOP)).records("pit_stop")

    assert (stop["key"], stop["number"]) == ("norris", "1")
    assert stop["payload"] == {
        "lap": 17,
        "duration_ms": 1_097_123,
        "time_of_day": "14:32:01",
    }


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("stop", "not_a_whole_number"),
        ("lap", "not_a_whole_number"),
        ("duration", "not_a_time"),
        ("time", "not_a_time_of_day"),
    ],
)
def test_mistake_of_a_stop_names_its_column(read: Read, column: str, code: str) -> None:
    row = inside("PitStops", STOP) | {f"{RACES}.PitStops.{column}": "x"}

    [rejection] = table(read, row).rejections

    assert rejection["code"] == code


def test_registers_are_records(read: Read) -> None:
    driver = "MRData.DriverTable.Drivers"
    team = "MRData.ConstructorTable.Constructors"
    circuit = "MRData.CircuitTable.Circuits"

    drivers = table(
        read, {f"{driver}.driverId": "perez", f"{driver}.dateOfBirth": "1990-01-26"}
    )
    teams = table(read, {f"{team}.constructorId": "brawn", f"{team}.name": "Brawn"})
    circuits = table(
        read, {f"{circuit}.circuitId": "monaco", f"{circuit}.Location.long": "7.4200"}
    )

    assert drivers.records("competitor")[0]["payload"] == {
        "attributes.born": "1990-01-26"
    }
    assert teams.records("team")[0]["payload"] == {"name": "Brawn"}
    assert circuits.records("venue")[0]["payload"] == {"attributes.longitude": "7.42"}


def test_championship_is_known_and_not_stored(read: Read) -> None:
    path = "MRData.StandingsTable.StandingsLists.DriverStandings"

    answer = table(read, {f"{path}.position": "1", f"{path}.Driver.driverId": "a"})

    assert [notice["code"] for notice in answer.result["notices"]] == ["nothing_stored"]
    assert answer.rows("record") == []
