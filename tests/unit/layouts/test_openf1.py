"""Answers of api.openf1.org: keys of meeting, session and car, and what they state."""

import pytest

from tests.unit.conftest import Answer, Read

CAR = {"meeting_key": "1219", "session_key": "9161", "driver_number": "63"}
LAP = CAR | {
    "lap_number": "8",
    "date_start": "2023-09-16T13:59:07.606000+00:00",
    "lap_duration": "91.743",
    "duration_sector_1": "26.966",
    "duration_sector_2": "38.657",
    "duration_sector_3": "26.12",
    "is_pit_out_lap": "false",
    "st_speed": "298",
}
RESULT = CAR | {
    "position": "2",
    "number_of_laps": "62",
    "points": "18",
    "dnf": "false",
    "dns": "false",
    "dsq": "false",
    "duration": "6397.418",
    "gap_to_leader": "0.812",
}


def table(read: Read, *rows: dict[str, str], **asked: object) -> Answer:
    """Read rows that have the columns of the first, with semicolons between."""
    lines = [";".join(rows[0]), *(";".join(row.values()) for row in rows)]
    return read("\n".join(lines) + "\n", **asked)


def test_lap_is_of_its_meeting_session_and_car(read: Read) -> None:
    answer = table(read, LAP)

    [lap], [entrant] = answer.rows("lap"), answer.records("entrant")
    keys = ("meeting_key", "race_key", "entrant_key", "number")
    assert [lap[key] for key in keys] == ["1219", "9161", "63", "8"]
    assert (lap["time_ms"], lap["sector3_ms"], lap["in_pit"]) == (
        "91743",
        "26120",
        "false",
    )
    assert entrant["payload"] == {"number": "63"}


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("driver_number", "", "missing_value"),
        ("lap_number", "", "missing_value"),
        ("lap_duration", "slow", "not_a_time"),
        ("duration_sector_1", "slow", "not_a_time"),
        ("is_pit_out_lap", "maybe", "not_a_switch"),
    ],
)
def test_mistake_of_a_lap_names_its_column(
    read: Read, column: str, cell: str, code: str
) -> None:
    [rejection] = table(read, LAP | {column: cell}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_stop_has_the_number_of_its_lap(read: Read) -> None:
    rows = [
        CAR | {"lap_number": lap, "pit_duration": time, "date": "2023-09-17T12:39:00Z"}
        for lap, time in (("44", "27.9"), ("20", "24.5"))
    ]
    rows.append(rows[0] | {"driver_number": "1"})

    stops = table(read, *rows).records("pit_stop")

    assert [(s["key"], s["number"], s["payload"]["duration_ms"]) for s in stops] == [
        ("63", "44", 27_900),
        ("63", "20", 24_500),
        ("1", "44", 27_900),
    ]


def test_corrected_stop_is_stated(read: Read) -> None:
    row = CAR | {"lap_number": "20", "pit_duration": "24.5", "reject_row_number": "2"}

    [stop] = table(read, row, refused_rows=[2]).records("pit_stop")

    assert stop["number"] == "20"


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({}, "classified"),
        ({"dnf": "true", "position": ""}, "did not finish"),
        ({"dns": "true", "dnf": "true"}, "did not start"),
        ({"dsq": "true", "dnf": "true"}, "disqualified"),
        ({"position": ""}, None),
    ],
)
def test_status_is_what_a_result_flags(
    read: Read, flags: dict[str, str], status: str | None
) -> None:
    [entrant] = table(read, RESULT | flags).records("entrant")

    assert entrant["payload"]["status"] == status


@pytest.mark.parametrize(
    ("written", "gap"),
    [("0.812", "0.812"), ("+1 LAP", "+1 LAP"), ("[0.1,0.2,null]", None)],
)
def test_gap_is_one_time_or_stays_an_attribute(
    read: Read, written: str, gap: str | None
) -> None:
    [entrant] = table(read, RESULT | {"gap_to_leader": written}).records("entrant")

    assert entrant["payload"]["gap"] == gap
    assert entrant["payload"]["attributes.gap_to_leader"] == written
    assert entrant["payload"]["attributes.duration_seconds"] == "6397.418"


def test_meeting_session_and_driver_are_records(read: Read) -> None:
    meeting = {"meeting_key": "1219", "meeting_name": "Singapore Grand Prix"}
    meeting |= {"circuit_key": "61", "circuit_short_name": "Singapore", "year": "2023"}
    session = {"meeting_key": "1219", "session_key": "9165", "session_name": "Race"}
    session |= {"session_type": "Race", "date_start": "2023-09-17T12:00:00+00:00"}
    driver = CAR | {"name_acronym": "RUS", "full_name": "George RUSSELL"}

    [stored] = table(read, meeting).records("meeting")
    [race] = table(read, session).records("race")
    sprint = session | {"session_name": "Sprint"}
    [short] = table(read, sprint).records("race")
    [entrant] = table(read, driver).records("entrant")

    assert (stored["payload"]["venue"], stored["payload"]["season"]) == ("61", 2023)
    assert (race["race_key"], race["payload"]["kind"]) == ("9165", "race")
    assert race["payload"]["scheduled_start"] == "2023-09-17T12:00:00+00:00"
    assert short["payload"]["kind"] == "sprint"
    assert entrant["payload"]["name"] == "George RUSSELL"


def test_what_changes_by_the_second_is_known_and_not_stored(read: Read) -> None:
    row = CAR | {"date": "2023-09-17T12:00:00Z", "position": "1"}

    answer = table(read, row)

    assert [notice["code"] for notice in answer.result["notices"]] == ["nothing_stored"]
