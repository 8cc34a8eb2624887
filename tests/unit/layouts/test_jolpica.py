"""Bodies of jolpica's import and its database: what objects of each type state."""

import pytest

from tests.unit.conftest import Answer, Read

#: A lap of a body as a row: its columns are paths from the root of the document.
LAP = {
    "object_type": "Lap",
    "foreign_keys.year": "2026",
    "foreign_keys.round": "1",
    "foreign_keys.session": "FP1",
    "foreign_keys.car_number": "1",
    "objects.number": "2",
    "objects.time._type": "timedelta",
    "objects.time.milliseconds": "193847",
    "objects.is_deleted": "false",
    "objects.is_entry_fastest_lap": "false",
}
STOP = {
    "object_type": "pit_stop",
    "foreign_keys.year": "2023",
    "foreign_keys.round": "18",
    "foreign_keys.session": "R",
    "foreign_keys.car_number": "24",
    "foreign_keys.lap": "9",
    "objects.number": "1",
    "objects.duration.milliseconds": "25636",
    "objects.local_timestamp": "14:19:22",
}
ENTRY = {
    "object_type": "SessionEntry",
    "foreign_keys.year": "2023",
    "foreign_keys.round": "18",
    "foreign_keys.session": "SR",
    "foreign_keys.car_number": "1",
    "objects.position": "1",
    "objects.is_classified": "true",
    "objects.status": "0",
    "objects.points": "8",
    "objects.time.milliseconds": "1890849",
    "objects.laps_completed": "19",
    "objects.fastest_lap_rank": "1",
}
ROUND_ENTRY = {
    "object_type": "RoundEntry",
    "foreign_keys.year": "2023",
    "foreign_keys.round": "18",
    "foreign_keys.driver_reference": "max_verstappen",
    "foreign_keys.team_reference": "red_bull",
    "objects.car_number": "1",
}


def body(read: Read, row: dict[str, str], *, prefix: str = "", **cells: str) -> Answer:
    """Read one object, good but for the given cells."""
    row = row | {name.replace("__", "."): cell for name, cell in cells.items()}
    header = ",".join(prefix + name for name in row)
    return read(f"{header}\n{','.join(row.values())}\n")


@pytest.mark.parametrize("prefix", ["", "data."])
def test_lap_is_of_the_round_session_and_car(read: Read, prefix: str) -> None:
    answer = body(read, LAP, prefix=prefix)

    [lap] = answer.rows("lap")
    keys = ("meeting_key", "race_key", "entrant_key", "number")
    assert [lap[key] for key in keys] == ["2026-1", "fp1", "1", "2"]
    assert (lap["time_ms"], lap["is_deleted"]) == ("193847", "false")
    [race] = answer.records("race")
    assert race["payload"] == {"kind": "practice", "name": "Practice 1"}


@pytest.mark.parametrize(
    ("session", "key", "kind"),
    [
        ("R", "race", "race"),
        ("SR", "sprint", "sprint"),
        ("Q", "qualifying", "qualifying"),
        ("Q1", "q1", "qualifying"),
        ("SQ3", "sq3", "qualifying"),
        ("QB", "qb", "qualifying"),
        ("FP3", "fp3", "practice"),
        ("X9", "x9", None),
    ],
)
def test_session_is_a_race_of_its_kind(
    read: Read, session: str, key: str, kind: str | None
) -> None:
    [race] = body(read, LAP, foreign_keys__session=session).records("race")

    assert (race["race_key"], race["payload"]["kind"]) == (key, kind)


@pytest.mark.parametrize("written", ["lap", "Lap", "LAP"])
def test_type_is_known_however_it_is_written(read: Read, written: str) -> None:
    assert len(body(read, LAP, object_type=written).rows("lap")) == 1


def test_time_of_several_units_is_their_sum(read: Read) -> None:
    time = {"objects.time.seconds": "3", "objects.time.minutes": "1"}

    [lap] = body(read, LAP | time).rows("lap")

    assert lap["time_ms"] == str(193_847 + 63_000)


def test_time_that_is_no_object_is_read_too(read: Read) -> None:
    row = {n: c for n, c in LAP.items() if not n.startswith("objects.time")}

    [lap] = body(read, row | {"objects.time": "00:01:31.531"}).rows("lap")

    assert lap["time_ms"] == "91531"


def test_lap_without_time_has_none(read: Read) -> None:
    [lap] = body(read, LAP, objects__time__milliseconds="").rows("lap")

    assert lap["time_ms"] == ""


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("object_type", "Penalty", "unknown_object_type"),
        ("object_type", "", "missing_value"),
        ("foreign_keys.year", "MMXXVI", "not_a_whole_number"),
        ("foreign_keys.year", "", "missing_value"),
        ("foreign_keys.round", "0", "not_a_whole_number"),
        ("foreign_keys.round", "", "missing_value"),
        ("foreign_keys.session", "", "missing_value"),
        ("foreign_keys.car_number", "", "missing_value"),
        ("objects.number", "two", "not_a_whole_number"),
        ("objects.number", "", "missing_value"),
        ("objects.time.milliseconds", "1:33.847", "not_a_whole_number"),
        ("objects.is_deleted", "perhaps", "not_a_switch"),
    ],
)
def test_mistake_of_a_lap_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = body(read, LAP | {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


@pytest.mark.parametrize("column", ["objects.time.seconds", "objects.time"])
def test_mistake_of_a_part_of_a_time_names_it(read: Read, column: str) -> None:
    [rejection] = body(read, LAP | {column: "soon"}).rejections

    assert rejection["column"] == column


def test_pit_stop_has_its_lap_duration_and_clock(read: Read) -> None:
    answer = body(read, STOP)

    [stop] = answer.records("pit_stop")
    assert (stop["meeting_key"], stop["key"], stop["number"]) == ("2023-18", "24", "1")
    assert stop["payload"] == {
        "duration_ms": 25_636,
        "lap": 9,
        "time_of_day": "14:19:22",
    }
    assert answer.rows("lap") == []


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("objects.number", "0", "not_a_whole_number"),
        ("objects.duration.milliseconds", "-5", "not_a_whole_number"),
        ("objects.local_timestamp", "noon", "not_a_time_of_day"),
        ("foreign_keys.lap", "nine", "not_a_whole_number"),
    ],
)
def test_mistake_of_a_stop_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = body(read, STOP | {column: text}).rejections

    assert rejection["column"] == column
    assert rejection["code"] in (code, "negative_time")


def test_session_entry_is_a_result(read: Read) -> None:
    [entrant] = body(read, ENTRY).records("entrant")

    assert (entrant["race_key"], entrant["key"]) == ("sprint", "1")
    assert entrant["payload"] == {
        "number": "1",
        "attributes.status_number": "0",
        "attributes.is_classified": True,
        "status": "classified",
        "attributes.position_order": 1,
        "position": 1,
        "points": "8",
        "laps_completed": 19,
        "attributes.fastest_lap_rank": "1",
        "total_time_ms": 1_890_849,
    }


@pytest.mark.parametrize(
    ("number", "classified", "status", "position"),
    [
        ("11", "false", "retired", None),
        ("11", "true", "classified", 18),
        ("20", "false", "disqualified", None),
        ("30", "false", "did not start", None),
        ("99", "false", "99", None),
        ("11", "", "retired", 18),
    ],
)
def test_place_is_that_of_who_is_classified(
    read: Read, number: str, classified: str, status: str, position: int | None
) -> None:
    cells = {"objects.status": number, "objects.is_classified": classified}

    [entrant] = body(read, ENTRY | cells | {"objects.position": "18"}).records(
        "entrant"
    )

    payload = entrant["payload"]
    assert (payload["status"], payload["position"]) == (status, position)
    assert payload["attributes.position_order"] == 18


def test_round_entry_is_in_the_list_of_entries(read: Read) -> None:
    answer = body(read, ROUND_ENTRY)

    [entrant] = answer.records("entrant")
    assert (entrant["meeting_key"], entrant["race_key"]) == ("2023-18", "entries")
    assert entrant["payload"] == {
        "number": "1",
        "competitor": "max_verstappen",
        "team": "red_bull",
    }


def test_driver_round_and_session_are_records(read: Read) -> None:
    driver = {
        "object_type": "Driver",
        "objects.reference": "antonelli",
        "objects.forename": "Andrea Kimi",
        "objects.surname": "Antonelli",
    }
    session = {
        "object_type": "Session",
        "foreign_keys.year": "2026",
        "foreign_keys.round": "1",
        "objects.number": "5",
        "objects.type": "R",
        "objects.timestamp": "2026-03-08T00:00:00Z",
        "objects.has_time_data": "false",
    }

    [competitor] = body(read, driver).records("competitor")
    [race] = body(read, session).records("race")
    [timed] = body(read, session | {"objects.has_time_data": "true"}).records("race")

    assert competitor["payload"] == {"name": "Andrea Kimi Antonelli"}
    assert (race["race_key"], race["payload"]["scheduled_start"]) == ("race", None)
    assert timed["payload"]["scheduled_start"] == "2026-03-08T00:00:00Z"


def test_what_stands_around_objects_is_no_table(read: Read) -> None:
    answer = read("object_type,foreign_keys.year\nLap,2026\n")

    assert answer.refusal == "OnlyAround"


DB_LAPS = (
    "id,number,position,time,average_speed,session_entry_id,is_entry_fastest_lap,"
    "is_deleted,api_id"
)
SAID = {"said": {"meeting": "all", "race": "db"}}


def test_lap_of_the_database_is_of_its_session_entry(read: Read) -> None:
    row = "1,3,,00:00:24.91,223.9,16563,t,t,lap_a"

    [lap] = read(f"{DB_LAPS}\n{row}\n", **SAID).rows("lap")

    assert (lap["meeting_key"], lap["race_key"]) == ("all", "db")
    assert (lap["entrant_key"], lap["number"]) == ("16563", "3")
    assert (lap["time_ms"], lap["is_deleted"]) == ("24910", "true")


def test_lap_of_the_database_without_number_is_refused(read: Read) -> None:
    row = "1,,,00:01:31.531,,16563,t,f,lap_a"

    [rejection] = read(f"{DB_LAPS}\n{row}\n", **SAID).rejections

    assert (rejection["column"], rejection["code"]) == ("number", "missing_value")


def test_tables_of_the_database_do_not_say_their_race(read: Read) -> None:
    answer = read(f"{DB_LAPS}\n1,3,,00:00:24.91,,16563,t,f,lap_a\n")

    assert answer.refusal == "NotSaid"


def test_stop_and_entries_of_the_database(read: Read) -> None:
    stops = "id,number,duration,local_timestamp,lap_id,session_entry_id,api_id\n"
    rounds = "id,car_number,round_id,team_driver_id,api_id\n1572,14,65,785,entry_a\n"

    [stop] = read(f"{stops}1,2,00:00:24.91,19:02:47,5,43881,s\n", **SAID).records(
        "pit_stop"
    )
    [entry] = read(rounds).records("entrant")

    assert (stop["key"], stop["number"]) == ("43881", "2")
    assert stop["payload"] == {"duration_ms": 24_910, "time_of_day": "19:02:47"}
    assert (entry["meeting_key"], entry["key"]) == ("round-65", "1572")
    assert entry["payload"]["number"] == "14"
