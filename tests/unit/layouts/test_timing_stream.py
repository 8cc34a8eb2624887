"""Raw laps of a stream: what is a lap, and what only looks like one."""

import pytest

from tests.unit.conftest import Answer, Read

LAP = {
    "meta_source": "kafka:gr-raw",
    "meta_time": "2025-04-26T21:43:13.981Z",
    "meta_event": "I_R02",
    "meta_session": "R1",
    "timestamp": "2025-04-26T21:43:12.083Z",
    "vehicle_id": "GR86-002-2",
    "outing": "0",
    "lap": "2",
    "value": "147694",
    "expire_at": "",
}


def stream(read: Read, *changes: dict[str, str]) -> Answer:
    """Read a stream with a line for each change."""
    lines = [",".join((LAP | change).values()) for change in changes]
    return read("\n".join([",".join(LAP), *lines]) + "\n")


def test_line_is_a_lap(read: Read) -> None:
    [lap] = stream(read, {}).rows("lap")

    assert lap == {
        "file_number": "1",
        "row_number": "2",
        "meeting_key": "I_R02",
        "race_key": "R1",
        "entrant_key": "GR86-002-2",
        "number": "2",
        "time_ms": "147694",
    }


@pytest.mark.parametrize(("value", "time"), [("0", "0"), ("", "")])
def test_lap_of_no_time_is_kept_as_it_is(read: Read, value: str, time: str) -> None:
    [lap] = stream(read, {"value": value}).rows("lap")

    assert lap["time_ms"] == time


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("lap", "32768", "no_lap"),
        ("lap", "-1", "not_a_whole_number"),
        ("lap", "", "missing_value"),
        ("value", "soon", "not_a_whole_number"),
        ("value", "-5", "negative_time"),
        ("meta_event", "", "missing_value"),
        ("vehicle_id", "", "missing_value"),
    ],
)
def test_mistake_names_its_column(
    read: Read, column: str, text: str, code: str
) -> None:
    [rejection] = stream(read, {column: text}).rejections

    assert (rejection["column"], rejection["code"]) == (column, code)


def test_mark_for_no_lap_is_called_that(read: Read) -> None:
    [rejection] = stream(read, {"lap": "32768"}).rejections

    assert "the decoder's mark for no lap" in rejection["message"]


def test_lines_of_when_laps_began_state_nothing(read: Read) -> None:
    moment = {"value": "2025-04-26T21:43:12.083Z"}

    answer = stream(read, moment, moment | {"lap": "32768"})

    assert answer.rows("lap") == []
    assert answer.rejections == []
    [notice] = answer.result["notices"]
    assert (notice["code"], notice["rows"]) == ("nothing_stored", 2)


def test_lines_that_state_nothing_among_others_are_counted(read: Read) -> None:
    answer = stream(read, {}, {"value": "2025-04-26T21:43:12.083Z"})

    assert len(answer.rows("lap")) == 1
    [notice] = answer.result["notices"]
    assert (notice["code"], notice["rows"]) == ("lines_state_nothing", 1)
    [part] = answer.result["parts"]
    assert (part["laps_stated"], part["rows_silent"]) == (1, 1)


def test_number_of_the_vehicle_is_its_entrants(read: Read) -> None:
    header, line = ",".join([*LAP, "vehicle_number"]), ",".join([*LAP.values(), "2"])

    [entrant] = read(f"{header}\n{line}\n{line}\n").records("entrant")

    assert (entrant["key"], entrant["payload"]) == ("GR86-002-2", {"number": "2"})
