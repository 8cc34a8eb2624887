"""Al Kamel's analysis written anew: seasons in one file, names in other spellings."""

import json

import pytest

from imports.layouts.alkamel import seasons
from tests.unit.conftest import Read

SAID = {"said": {"meeting": "Spa", "race": "R1"}}
LAP = {
    "NUMBER": "007",
    "DRIVER_NUMBER": 1,
    "LAP_NUMBER": 1,
    "LAP_TIME": "1:34.570",
    "CROSSING_FINISH_LINE_IN_PIT": "B",
    "S1": "34.470",
    "DRIVER_NAME": "Ann LEE",
    "PIT_TIME": "1:02.5",
    "TEAM": "Équipe",
}
SEASON = {"season": 2025, "event": "Imola", "session": "Race"}


def ndjson(*rows: dict[str, object]) -> str:
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize("spell", [seasons.lower_case, seasons.camel_case])
def test_names_in_another_spelling_state_the_same(read: Read, spell: object) -> None:
    assert callable(spell)
    other = read(ndjson({spell(name): cell for name, cell in LAP.items()}), **SAID)
    own = read(ndjson(LAP), **SAID)

    assert other.rejections == []
    for kind in ("entrant", "pit_stop"):
        assert other.records(kind) == own.records(kind)
    assert other.rows("lap") == own.rows("lap")
    assert other.rows("lap")[0]["entrant_key"] == "007"


def test_mistake_names_the_column_as_the_file_does(read: Read) -> None:
    row = {name.lower(): cell for name, cell in (LAP | {"LAP_TIME": "soon"}).items()}

    [rejection] = read(ndjson(row), **SAID).rejections

    assert (rejection["column"], rejection["code"]) == ("lap_time", "not_a_time")
    assert set(rejection["original"]) == set(row)


def test_columns_of_event_and_session_are_the_keys(read: Read) -> None:
    races = [LAP | SEASON, LAP | SEASON | {"event": "Spa", "LAP_TIME": "1:50"}]

    laps = read(ndjson(*races)).rows("lap")

    assert [
        (lap["meeting_key"], lap["race_key"], lap["entrant_key"], lap["time_ms"])
        for lap in laps
    ] == [
        ("2025 Imola", "Race", "007", "94570"),
        ("2025 Spa", "Race", "007", "110000"),
    ]


def test_event_without_a_session_asks_for_the_race(read: Read) -> None:
    row = LAP | {"EVENT_NAME": "Imola"}

    assert "--race" in read(ndjson(row)).result["message"]
    [lap] = read(ndjson(row), said={"race": "R1"}).rows("lap")
    assert (lap["meeting_key"], lap["race_key"]) == ("Imola", "R1")


@pytest.mark.parametrize("column", ["season", "event", "session"])
def test_row_without_its_race_is_refused(read: Read, column: str) -> None:
    [rejection] = read(ndjson(LAP | SEASON | {column: None})).rejections

    assert (rejection["column"], rejection["code"]) == (column, "missing_value")
