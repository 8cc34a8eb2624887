"""Tables of FastF1 and undercut: laps, stops that follow from them, results."""

import pytest

from tests.unit.conftest import Answer, Read

LAP = {
    "Time": "3807.373",
    "Driver": "VER",
    "DriverNumber": "1",
    "LapTime": "97.284",
    "LapNumber": "1",
    "PitOutTime": "",
    "PitInTime": "",
    "Sector1Time": "",
    "Sector2Time": "42.414",
    "Sector3Time": "23.842",
    "Compound": "SOFT",
    "Team": "Red Bull Racing",
    "Position": "1",
    "Deleted": "false",
}
SAID = {"said": {"meeting": "2024-1", "race": "race"}}
SEASON = {"Season": "2024", "Round": "1", "EventName": "Bahrain Grand Prix"}
RESULT = {
    "DriverNumber": "4",
    "Abbreviation": "NOR",
    "DriverId": "norris",
    "FullName": "Lando Norris",
    "TeamName": "McLaren",
    "Position": "6",
    "ClassifiedPosition": "6",
    "GridPosition": "7",
    "Q1": "",
    "Q2": "",
    "Time": "48.458",
    "Status": "Finished",
    "Points": "8",
}
STOP = {"Season": "2018", "Round": "1", "Driver": "ALO", "LapNumber": "26"}
STOP |= {"Stint": "1", "PitInTime": "2819.732", "PitOutTime": "2841.957"}


def text(*rows: dict[str, str]) -> str:
    """Write rows that have the columns of the first."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


def stint(*pits: tuple[str, str], start: int = 1) -> list[dict[str, str]]:
    """Give laps of one driver, each with when it goes into the pits and came out."""
    return [
        LAP | {"LapNumber": str(number), "PitInTime": goes_in, "PitOutTime": out}
        for number, (goes_in, out) in enumerate(pits, start=start)
    ]


def stops(answer: Answer) -> list[tuple[str, dict[str, int]]]:
    return [(s["number"], s["payload"]) for s in answer.records("pit_stop")]


def test_lap_has_times_and_its_driver_a_number_and_team(read: Read) -> None:
    answer = read(text(LAP), **SAID)

    [lap], [entrant] = answer.rows("lap"), answer.records("entrant")
    keys = ("meeting_key", "race_key", "entrant_key", "number")
    assert [lap[key] for key in keys] == ["2024-1", "race", "VER", "1"]
    assert (lap["time_ms"], lap["sector1_ms"], lap["sector2_ms"]) == (
        "97284",
        "",
        "42414",
    )
    assert (lap["position"], lap["is_deleted"], lap["in_pit"]) == (
        "1",
        "false",
        "false",
    )
    assert entrant["payload"] == {"number": "1", "team": "Red Bull Racing"}


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("97.284", "97284"),
        ("0 days 00:01:37.284000", "97284"),
        ("0 days 00:01:37", "97000"),
        ("0 days 00:17:00.315000", "1020315"),
        ("NaT", ""),
        ("", ""),
    ],
)
def test_time_is_read_as_parquet_and_pandas_write_it(
    read: Read, written: str, milliseconds: str
) -> None:
    [lap] = read(text(LAP | {"LapTime": written}), **SAID).rows("lap")

    assert lap["time_ms"] == milliseconds


@pytest.mark.parametrize(
    ("columns", "meeting", "race"),
    [
        (SEASON | {"Session": "R"}, "2024-1", "race"),
        ({"Year": "2024", "RoundNumber": "1", "SessionName": "FP1"}, "2024-1", "fp1"),
        (
            {"year": "2024", "event_name": "Bahrain Grand Prix", "session": "Race"},
            "2024 Bahrain Grand Prix",
            "race",
        ),
    ],
)
def test_columns_say_meeting_and_race(
    read: Read, columns: dict[str, str], meeting: str, race: str
) -> None:
    answer = read(text(LAP | columns))

    [lap] = answer.rows("lap")
    assert (lap["meeting_key"], lap["race_key"]) == (meeting, race)
    assert [r["race_key"] for r in answer.records("race")] == [race]
    assert [r["meeting_key"] for r in answer.records("meeting")] == [meeting]


@pytest.mark.parametrize("columns", [{}, SEASON, {"Session": "R"}, {"Season": "2024"}])
def test_what_columns_do_not_say_must_be_said(
    read: Read, columns: dict[str, str]
) -> None:
    assert read(text(LAP | columns)).refusal == "NotSaid"


def test_stop_goes_from_the_way_in_to_the_way_out_on_the_next_lap(read: Read) -> None:
    laps = stint(("", ""), ("200.5", ""), ("300.25", "225.75"), ("", "326"))

    answer = read(text(*laps), **SAID)

    assert stops(answer) == [
        ("2", {"lap": 2, "duration_ms": 25_250}),
        ("3", {"lap": 3, "duration_ms": 25_750}),
    ]
    assert [lap["in_pit"] for lap in answer.rows("lap")] == [
        "false",
        "true",
        "true",
        "true",
    ]


def test_stops_do_not_depend_on_the_order_of_lines_or_other_drivers(read: Read) -> None:
    laps = stint(("", ""), ("200.5", ""), ("", "225.75"))
    others = [lap | {"Driver": "HAM"} for lap in stint(("99", ""), ("", "150"))]

    answer = read(text(*reversed(laps), *others), **SAID)

    assert sorted(stops(answer), key=str) == [
        ("1", {"lap": 1, "duration_ms": 51_000}),
        ("2", {"lap": 2, "duration_ms": 25_250}),
    ]


def test_stop_that_nobody_came_out_of_has_no_duration(read: Read) -> None:
    answer = read(text(*stint(("200.5", ""))), **SAID)

    assert stops(answer) == [("1", {"lap": 1, "duration_ms": None})]


def test_stop_does_not_depend_on_laps_before_it(read: Read) -> None:
    answer = read(text(*stint(("200.5", ""), ("", "225.75"), start=7)), **SAID)

    assert stops(answer) == [("7", {"lap": 7, "duration_ms": 25_250})]
    assert [lap["in_pit"] for lap in answer.rows("lap")] == ["true", "true"]


def test_rows_that_correct_others_state_no_stops(read: Read) -> None:
    [lap] = stint(("200.5", ""))
    row = lap | {"reject_row_number": "2"}

    answer = read(text(row), refused_rows=[2], **SAID)

    assert len(answer.rows("lap")) == 1
    assert stops(answer) == []


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("Driver", "", "missing_value"),
        ("LapNumber", "", "missing_value"),
        ("LapNumber", "one", "not_a_whole_number"),
        ("LapTime", "fast", "not_a_time"),
        ("Sector2Time", "fast", "not_a_time"),
        ("PitInTime", "soon", "not_a_time"),
        ("PitOutTime", "soon", "not_a_time"),
        ("Position", "0", "not_a_whole_number"),
        ("Deleted", "maybe", "not_a_switch"),
    ],
)
def test_mistake_of_a_lap_names_its_column(
    read: Read, column: str, cell: str, code: str
) -> None:
    [rejection] = read(text(LAP | {column: cell}), **SAID).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


@pytest.mark.parametrize(
    ("column", "cell"), [("Season", "24"), ("Round", "0"), ("Session", "")]
)
def test_mistake_of_a_key_names_its_column(read: Read, column: str, cell: str) -> None:
    row = LAP | SEASON | {"Session": "R"} | {column: cell}

    [rejection] = read(text(row)).rejections

    assert rejection["column"] == column


def test_result_keeps_a_time_that_may_be_a_gap_as_text(read: Read) -> None:
    [other] = read(text(RESULT), **SAID).records("entrant")
    winner = RESULT | {"Position": "1", "Time": "0 days 01:31:44.742000"}
    [first] = read(text(winner), **SAID).records("entrant")

    payload = other["payload"]
    assert (other["key"], payload["number"]) == ("NOR", "4")
    assert (payload["competitor"], payload["team"]) == ("norris", "McLaren")
    assert (payload["status"], payload["position"], payload["grid"]) == (
        "classified",
        6,
        7,
    )
    assert (payload["total_time_ms"], payload["attributes.time_text"]) == (
        None,
        "48.458",
    )
    assert first["payload"]["total_time_ms"] == 5_504_742


def test_result_that_is_not_classified_has_no_place(read: Read) -> None:
    row = RESULT | {"ClassifiedPosition": "R", "Position": "20", "Status": "Gearbox"}

    [entrant] = read(text(row), **SAID).records("entrant")

    payload = entrant["payload"]
    assert (payload["status"], payload["position"]) == ("retired", None)
    assert payload["attributes.position_order"] == 20
    assert payload["attributes.status_text"] == "Gearbox"


def test_result_of_a_qualifying_has_its_parts_and_the_best_of_them(read: Read) -> None:
    row = RESULT | {"ClassifiedPosition": "", "Q1": "90.143", "Q2": "89.941"}

    [entrant] = read(text(row), **SAID).records("entrant")

    payload = entrant["payload"]
    assert (payload["status"], payload["position"]) == (None, 6)
    assert (payload["fastest_lap_ms"], payload["attributes.q1_ms"]) == (89_941, 90_143)


def test_schedule_results_and_stops_of_seasons_meet(read: Read) -> None:
    schedule = "Season,Round,RaceName,CircuitId,Date\n2018,1,Australian Grand Prix,ap,"
    result = (
        "Season,Round,Driver,Code,Position,Status,GridPosition\n2018,1,alonso,ALO,5"
    )

    [meeting] = read(f"{schedule}2018-03-25\n").records("meeting")
    [entrant] = read(f"{result},+1 Lap,10\n").records("entrant")
    [stop] = read(text(STOP)).records("pit_stop")

    assert meeting["payload"]["start_date"] == "2018-03-25"
    keys = [meeting["meeting_key"], entrant["meeting_key"], stop["meeting_key"]]
    assert keys == ["2018-1"] * 3
    assert (entrant["race_key"], entrant["key"]) == (stop["race_key"], stop["key"])
    assert entrant["payload"]["competitor"] == "alonso"
    assert (entrant["payload"]["status"], entrant["payload"]["gap"]) == (
        "classified",
        "+1 Lap",
    )
    assert (stop["number"], stop["payload"]) == (
        "26",
        {"lap": 26, "duration_ms": 22_225},
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [("Retired", "retired"), ("Engine", "Engine"), ("Withdrew", "withdrawn")],
)
def test_status_of_a_season_is_its_word_or_its_reason(
    read: Read, status: str, word: str
) -> None:
    row = {"Season": "2018", "Round": "1", "Driver": "alonso", "Code": "ALO"}
    row |= {"Position": "18", "Status": status, "GridPosition": "10"}

    [entrant] = read(text(row)).records("entrant")

    assert (entrant["payload"]["status"], entrant["payload"]["position"]) == (word, 18)


def test_stops_of_a_season_have_the_numbers_of_their_laps(read: Read) -> None:
    rows = [STOP | {"LapNumber": number, "Stint": "1"} for number in ("40", "26")]

    answer = read(text(*rows))

    assert [(number, payload["lap"]) for number, payload in stops(answer)] == [
        ("40", 40),
        ("26", 26),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("Driver", "", "missing_value"),
        ("LapNumber", "", "missing_value"),
        ("PitInTime", "soon", "not_a_time"),
        ("PitOutTime", "2000", "negative_time"),
    ],
)
def test_mistake_of_a_stop_names_its_column(
    read: Read, column: str, cell: str, code: str
) -> None:
    [rejection] = read(text(STOP | {column: cell})).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_corrected_stop_of_a_season_is_stated(read: Read) -> None:
    answer = read(text(STOP | {"reject_row_number": "2"}), refused_rows=[2])

    assert [number for number, _ in stops(answer)] == ["26"]
