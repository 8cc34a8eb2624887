"""What the tables of a LiveRC page become, from the page or from CSV."""

import csv
import io
import json
from pathlib import Path

import pytest

from imports.readers.pages import html_page
from tests.unit.conftest import Answer, Read
from tests.unit.readers.liverc_pages import page

MEETING = "2025-11-16 Ashford R/C: Spring & Clay Cup"
RACE = "Main Events, 14, 1/8 Buggy A-Main"


def as_csv(tmp_path: Path, name: str, **changes: str | None) -> str:
    """Give a table of the page as CSV; changes of its first row, None drops columns."""
    path = tmp_path / "page.html"
    path.write_text(page())
    parts = {p.name: p for p in html_page.open_parts(path, scratch=tmp_path)}
    table = parts[name].read(required=frozenset())
    rows = table.rows.select(table.columns).collect().to_dicts()
    dropped = {column for column, cell in changes.items() if cell is None}
    rows[0] |= changes
    out = io.StringIO()
    columns = [column for column in table.columns if column not in dropped]
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_page_is_one_meeting_one_race_its_entrants_and_laps(read: Read) -> None:
    answer = read(page())

    assert answer.result["layout"] == "liverc.results, liverc.laps"
    assert answer.result["rows_read"] == 4 + 13
    meeting, _ = answer.records("meeting")
    assert meeting["meeting_key"] == MEETING
    assert meeting["payload"] == {
        "name": "Spring & Clay Cup",
        "venue": "Ashford R/C",
        "start_date": "2025-11-16",
        "discipline": "rc cars",
    }
    race, again = answer.records("race")
    assert race["payload"] == again["payload"]
    assert (race["race_key"], race["payload"]["kind"]) == (RACE, "final")
    assert race["payload"]["attributes.length"] == "30:00 Timed"
    assert len(answer.rows("lap")) == 10
    assert {lap["race_key"] for lap in answer.rows("lap")} == {RACE}


def test_result_is_an_entrant(read: Read) -> None:
    second = read(page()).records("entrant")[1]

    assert (second["key"], second["payload"]["number"]) == ("102", "7")
    assert (
        second["payload"]
        | {
            "name": "Björn & Co",
            "position": 2,
            "status": "classified",
            "laps_completed": 4,
            "total_time_ms": 165_162,
            "fastest_lap_ms": 37_100,
            "attributes.fastest_lap_number": 3,
            "attributes.interval": "12.052",
            "attributes.avg_lap_ms": 41_290,
            "attributes.top_2_consecutive_ms": 74_504,
            "attributes.std_deviation_s": "2.799",
            "attributes.consistency_percent": "92.82",
        }
        == second["payload"]
    )


def test_lap_0_is_the_grid_and_no_lap(read: Read) -> None:
    answer = read(page())

    grids = {r["key"]: r["payload"].get("grid") for r in answer.records("entrant")}
    assert grids == {"101": 2, "102": 1, "103": 3, "DORA ZED": None}
    numbers = [lap["number"] for lap in answer.rows("lap")]
    assert numbers == ["1", "2", "3", "4"] * 2 + ["1", "2"]
    first = answer.rows("lap")[0]
    assert (first["time_ms"], first["position"]) == ("38170", "2")


def test_driver_without_id_is_his_name_and_did_not_start(read: Read) -> None:
    absent = read(page()).records("entrant")[3]

    assert (absent["key"], absent["payload"]["competitor"]) == ("DORA ZED", None)
    assert absent["payload"]["status"] == "did not start"
    assert (absent["payload"]["laps_completed"], absent["payload"]["position"]) == (
        0,
        4,
    )
    assert absent["payload"]["total_time_ms"] is None


@pytest.mark.parametrize("table", ["results", "laps"])
def test_table_as_csv_says_the_same_as_the_page(
    read: Read, tmp_path: Path, table: str
) -> None:
    flat = read(as_csv(tmp_path, table))
    whole = read(page())

    def values(answer: Answer) -> set[str]:
        found = answer.records("entrant") + answer.records("race")
        return {json.dumps([r["key"], r["payload"]]) for r in found}

    assert flat.result["layout"] == f"liverc.{table}"
    assert values(flat) <= values(whole)
    assert len(flat.rows("lap")) == (10 if table == "laps" else 0)


@pytest.mark.parametrize("table", ["results", "laps"])
def test_table_that_names_no_event_must_be_told(
    read: Read, tmp_path: Path, table: str
) -> None:
    text = as_csv(tmp_path, table, event=None, race_number=None)

    assert read(text).refusal == "NotSaid"


@pytest.mark.parametrize("table", ["results", "laps"])
def test_what_is_said_of_a_page_goes_before_what_it_says(
    read: Read, table: str
) -> None:
    answer = read(page(), said={"meeting": "486677", "race": "6304829"})

    found = answer.rows("lap") if table == "laps" else answer.records("entrant")
    keys = {(row["meeting_key"], row["race_key"]) for row in found}
    assert keys == {("486677", "6304829")}


@pytest.mark.parametrize(
    ("title", "date", "key"),
    [
        ("Cup", "2025-03-01", "2025-03-01 Ashford R/C: Cup"),
        ("Cup", "Mar 1, 2025", "2025-03-01 Ashford R/C: Cup"),
        ("Cup", "", "Ashford R/C: Cup"),
    ],
)
def test_meeting_is_date_track_and_event(
    read: Read, title: str, date: str, key: str
) -> None:
    text = page(title=title).replace("Nov 16, 2025", date)

    assert {r["meeting_key"] for r in read(text).records("meeting")} == {key}


@pytest.mark.parametrize(
    ("table", "column", "cell", "code"),
    [
        ("results", "event", "", "missing_value"),
        ("results", "race_number", "", "missing_value"),
        ("results", "date", "soon", "not_a_date"),
        ("results", "position", "0", "not_a_place"),
        ("results", "laps_time", "4/soon", "not_laps_and_time"),
        ("results", "fastest_lap", "fast", "not_a_time"),
        ("results", "avg_top_5", "fast", "not_a_time"),
        ("results", "consistency_fine", "high", "not_a_percentage"),
        ("laps", "driver_id", "", "missing_value"),
        ("laps", "lap", "", "missing_value"),
        ("laps", "lap", "one", "not_a_whole_number"),
        ("laps", "time", "fast", "not_a_time"),
        ("laps", "position", "first", "not_a_whole_number"),
    ],
)
def test_cell_that_cannot_be_refuses_its_row(
    read: Read, tmp_path: Path, table: str, column: str, cell: str, code: str
) -> None:
    answer = read(as_csv(tmp_path, table, **{column: cell}))

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == (column, code)
