"""NZ TAB documents of the shapes that its API gives; all names and ids are made up."""

import csv
import io
import json
from typing import Any

import pytest

from tests.unit.conftest import Answer, Read

AROUND = {"header": {"title": "t", "generated_time": "2025-07-17T11:07:39.05Z"}}
LISTED = {
    "id": "r-1",
    "name": "Spring Plate",
    "number": 7,
    "meeting_id": "m-1",
    "advertised_start": "2025-07-17T00:01:00Z",
    "actual_start": "2025-07-17T00:02:26Z",
    "silk_url": "https://example.org/silk.png",
}
RACE = {
    "event_id": "r-1",
    "meeting_id": "m-1",
    "meeting_name": "Ashford",
    "status": "Final",
    "description": "Spring Plate",
    "advertised_start": 1752713400,
    "actual_start": 1752713432,
    "advertised_start_string": "2025-07-17 00:50:00 +0000 UTC",
    "race_date_nz": "2025-07-17",
    "race_number": 1,
    "type": "T",
    "country": "NZ",
    "distance": 1700,
    "prize_monies": {"1st": 9520, "total_value": 17000},
    "video_channels": ["One"],
}
ROBIN = {
    "entrant_id": "e-1",
    "name": "Bold Robin",
    "runner_number": 1,
    "barrier": 3,
    "is_scratched": False,
    "is_late_scratched": False,
    "scratch_time": 0,
    "odds": {"fixed_win": 13, "fixed_place": 4.2},
    "jockey": "A. Archer",
    "weight": {"allocated": "54.5", "total": "54.50"},
    "prize_money": "19790",
    "horse_id": 71,
    "last_twenty_starts": "04505",
    "silk_url_64x64": "https://example.org/silk.png",
    "last_starts": [{"time_ran": "1:44.78", "last_600": "0.37.15"}],
}
FIRST = {
    "position": 1,
    "entrant_id": "e-1",
    "name": "Bold Robin",
    "runner_number": 1,
    "barrier": 3,
    "margin_length": 0,
    "winning_time": 106.73,
    "time_ran": 106.73,
    "positional_margin": "",
}


def document(**data: Any) -> str:
    return json.dumps(AROUND | {"data": data})


def event(
    read: Read, *runners: dict[str, Any], results: list[dict[str, Any]] | None = None
) -> Answer:
    race, listed = RACE, [ROBIN | runner for runner in runners]
    return read(
        document(
            race=race,
            runners=listed,
            results=results or [],
            favourite=ROBIN,
            mover=None,
        )
    )


def rejected(answer: Answer) -> tuple[str, str]:
    [rejection] = answer.rejections
    return rejection["column"], rejection["code"]


def test_list_of_races_names_meeting_and_starts(read: Read) -> None:
    unnumbered = {"id": "r-2", "meeting_id": "m-1"}
    unnumbered |= {"name": "Next", "advertised_start": "2025-07-17T00:31:00Z"}

    answer = read(document(races=[LISTED, unnumbered], next_page_token="x"))

    assert answer.result["layout"] == "nztab.races"
    first, second = answer.records("race")
    assert (first["meeting_key"], first["race_key"]) == ("m-1", "r-1")
    assert first["payload"] == {
        "kind": "race",
        "name": "Spring Plate",
        "number": 7,
        "scheduled_start": "2025-07-17T00:01:00Z",
        "attributes.actual_start": "2025-07-17T00:02:26Z",
    }
    assert second["payload"]["number"] is None


def test_short_list_of_races_is_read_too(read: Read) -> None:
    short = {"event_id": "r-1", "meeting_id": "m-1", "race_number": 3}
    short |= {"status": "Interim", "advertised_start": 1752713400, "type": "H"}

    [race] = read(document(races=[short])).records("race")

    assert (race["race_key"], race["payload"]["status"]) == ("r-1", "interim")
    assert race["payload"]["scheduled_start"] == "2025-07-17T00:50:00Z"
    assert race["payload"]["attributes.type"] == "H"


@pytest.mark.parametrize(
    ("category", "discipline"),
    [("T", "gallops"), ("H", "harness"), ("G", "greyhounds"), ("X", "X")],
)
def test_meetings_and_their_races_are_two_tables(
    read: Read, category: str, discipline: str
) -> None:
    race = {"id": "r-1", "race_number": 1, "name": "Spring Plate", "distance": 1700}
    race |= {"start_time": "2025-07-17T00:50:00Z", "tote_start_time": "26:22:00"}
    race |= {"status": "Abandoned", "protest": True, "weather": "FINE"}
    meeting = {"meeting": "m-1", "name": "Ashford", "date": "2025-07-17T00:00:00Z"}
    meeting |= {"category": category, "country": "UK", "quaddie": [5, 6]}

    answer = read(document(meetings=[meeting | {"races": [race]}]))

    assert answer.result["layout"] == "nztab.meetings, nztab.meeting_races"
    [held] = answer.records("meeting")
    assert held["meeting_key"] == "m-1"
    assert held["payload"]["start_date"] == "2025-07-17"
    assert held["payload"]["discipline"] == discipline
    assert held["payload"]["attributes.category"] == category
    assert json.loads(held["payload"]["attributes.quaddie"]) == [5, 6]
    [run] = answer.records("race")
    assert (run["meeting_key"], run["payload"]["status"]) == ("m-1", "abandoned")
    assert run["payload"]["attributes.tote_start_time"] == "26:22:00"
    assert run["payload"]["attributes.protest"] == "true"


def test_event_states_meeting_and_race_once(read: Read) -> None:
    answer = event(read, {}, {"entrant_id": "e-2"})

    assert answer.result["layout"] == "nztab.runners"
    [meeting], [race] = answer.records("meeting"), answer.records("race")
    assert meeting["payload"] == {
        "name": "Ashford",
        "discipline": "gallops",
        "country": "NZ",
    }
    payload = race["payload"]
    assert (payload["name"], payload["distance_m"]) == ("Spring Plate", 1700)
    assert payload["scheduled_start"] == "2025-07-17T00:50:00Z"
    assert payload["attributes.actual_start"] == "2025-07-17T00:50:32Z"
    assert payload["attributes.prize_monies_1st"] == "9520"
    assert "attributes.advertised_start_string" not in payload


def test_runner_keeps_what_is_said_of_it(read: Read) -> None:
    [entrant] = event(read, {}).records("entrant")

    payload = entrant["payload"]
    assert (entrant["key"], payload["competitor"]) == ("e-1", "71")
    assert payload["status"] is None
    assert payload["attributes.weight_total_kg"] == "54.5"
    assert payload["attributes.odds_fixed_place"] == "4.2"
    assert payload["attributes.prize_money_dollars"] == "19790"
    # Text that looks like a number is none.
    assert payload["attributes.last_twenty_starts"] == "04505"
    assert not [name for name in payload if "silk" in name or "favourite" in name]


@pytest.mark.parametrize(
    ("switches", "status"),
    [
        ({"is_scratched": True}, "scratched"),
        ({"is_scratched": True, "is_late_scratched": True}, "late scratched"),
        ({}, None),
    ],
)
def test_scratched_runners_stay_with_their_status(
    read: Read, switches: dict[str, bool], status: str | None
) -> None:
    late = {"barrier": "Fr1", "scratch_time": 1752710000, "horse_id": 0}

    answer = event(read, switches | late)

    [entrant] = answer.records("entrant")
    assert entrant["payload"]["status"] == status
    assert entrant["payload"]["attributes.barrier"] == "Fr1"
    assert entrant["payload"]["attributes.scratched_at"] == "2025-07-16T23:53:20Z"
    assert entrant["payload"]["competitor"] is None
    assert answer.records("competitor") == []


def test_results_state_other_columns_than_runners(read: Read) -> None:
    second = FIRST | {"entrant_id": "e-2", "position": 2, "time_ran": 0}
    second |= {"margin_length": 2.25, "positional_margin": "2-1/4L"}

    answer = event(read, {}, {"entrant_id": "e-2"}, results=[FIRST, second])

    assert answer.result["layout"] == "nztab.runners, nztab.results"
    *runners, first, other = (r["payload"] for r in answer.records("entrant"))
    assert (first["position"], first["total_time_ms"]) == (1, 106_730)
    assert (other["position"], other["total_time_ms"]) == (2, None)
    assert other["attributes.margin_lengths"] == "2.25"
    assert other["attributes.positional_margin"] == "2-1/4L"
    for column in runners[0].keys() & first.keys():
        assert runners[0][column] == first[column]


@pytest.mark.parametrize("position", [1, 2])
def test_winning_time_is_that_of_the_first_alone(read: Read, position: int) -> None:
    untimed = {k: v for k, v in FIRST.items() if k != "time_ran"}

    answer = event(read, {}, results=[untimed | {"position": position}])

    result = answer.records("entrant")[-1]["payload"]
    assert result["total_time_ms"] == (106_730 if position == 1 else None)
    assert result["attributes.winning_time_ms"] == 106_730


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"id": None}, "data.races.id", "missing_value"),
        ({"meeting_id": ""}, "data.races.meeting_id", "missing_value"),
        ({"number": -1}, "data.races.number", "not_a_whole_number"),
        ({"advertised_start": "12:50"}, "data.races.advertised_start", "not_a_moment"),
        ({"actual_start": "soon"}, "data.races.actual_start", "not_a_moment"),
    ],
)
def test_race_that_cannot_be_is_refused(
    read: Read, change: dict[str, Any], column: str, code: str
) -> None:
    answer = read(document(races=[LISTED | change, LISTED]))

    assert rejected(answer) == (column, code)
    assert len(answer.records("race")) == 1


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"entrant_id": None}, "data.runners.entrant_id", "missing_value"),
        ({"is_scratched": "maybe"}, "data.runners.is_scratched", "not_a_switch"),
        ({"scratch_time": "now"}, "data.runners.scratch_time", "not_a_moment"),
        ({"jockey": "x" * 20_001}, "data.runners.jockey", "not_text"),
    ],
)
def test_runner_that_cannot_be_is_refused(
    read: Read, change: dict[str, Any], column: str, code: str
) -> None:
    answer = event(read, change, {"entrant_id": "e-2"})

    assert rejected(answer) == (column, code)


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"position": "first?"}, "data.results.position", "not_a_place"),
        ({"time_ran": "fast"}, "data.results.time_ran", "not_a_time"),
        ({"winning_time": "fast"}, "data.results.winning_time", "not_a_time"),
    ],
)
def test_result_that_cannot_be_is_refused(
    read: Read, change: dict[str, Any], column: str, code: str
) -> None:
    assert rejected(event(read, {}, results=[FIRST | change])) == (column, code)


def test_dotted_columns_of_a_csv_are_the_same(read: Read) -> None:
    out = io.StringIO()
    row = {f"data.races.{name}": value for name, value in LISTED.items()}
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)

    flat, nested = read(out.getvalue()), read(document(races=[LISTED]))

    assert flat.records("race")[0]["payload"] == nested.records("race")[0]["payload"]
