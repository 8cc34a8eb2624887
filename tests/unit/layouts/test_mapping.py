"""A mapping by hand is a layout: what is told of the columns is what rows state."""

import io
import zipfile
from typing import Any

import pytest

from imports.errors import MappingInvalid
from imports.layouts import mapping, targets
from tests.unit.conftest import Read

CSV = "Bib,Surname,Forename,Time,Speed\n007,Stone,Ada,1:10.20,61.5\n7,Hill,Bo,NA,\n"


def spec(**changed: Any) -> dict[str, Any]:
    """Give a mapping of `CSV`, with changes."""
    columns = {
        "Bib": "entrant",
        "Surname": "name",
        "Time": "total_time",
        "Speed": "attributes.speed_kmh",
    }
    columns |= changed.pop("columns", {})
    return {
        "name": "club",
        "kind": "entrant",
        "header": ["Bib", "Surname", "Forename", "Time", "Speed"],
        "columns": [{"column": c, "to": to} for c, to in columns.items() if to],
        "fixed": {
            "meeting": {"constant": "ashford"},
            "race": {"said": True},
            "status": {"constant": "finished"},
        },
        "null_markers": ["NA"],
    } | changed


def test_rows_are_what_the_mapping_tells(read: Read) -> None:
    answer = read(CSV, said={"race": "1"}, mappings={"known": [spec()]})

    [ada, bo] = answer.records("entrant")
    assert answer.result["layout"] == "mapping.club"
    assert (ada["meeting_key"], ada["race_key"], ada["key"]) == ("ashford", "1", "007")
    assert ada["payload"] == {
        "name": "Stone",
        "total_time_ms": 70_200,
        "attributes.speed_kmh": "61.5",
        "status": "finished",
    }
    assert (bo["key"], bo["payload"]["total_time_ms"]) == ("7", None)


def test_columns_of_one_key_are_joined(read: Read) -> None:
    joined = spec(columns={"Bib": "", "Surname": "entrant", "Forename": "entrant"})

    answer = read(CSV, said={"race": "1"}, mappings={"known": [joined]})

    assert [row["key"] for row in answer.records("entrant")] == ["Stone Ada", "Hill Bo"]


def test_column_can_be_a_key_and_a_value(read: Read) -> None:
    told = spec()
    told["columns"].append({"column": "Bib", "to": "number"})

    answer = read(CSV, said={"race": "1"}, mappings={"known": [told]})

    numbers = [row["payload"]["number"] for row in answer.records("entrant")]
    assert numbers == ["007", "7"]


def test_row_whose_cell_is_no_such_value_is_refused(read: Read) -> None:
    answer = read(
        CSV.replace("1:10.20", "quick"),
        said={"race": "1"},
        mappings={"known": [spec()]},
    )

    [rejection] = answer.rejections
    assert (rejection["row_number"], rejection["column"]) == (2, "Time")
    assert rejection["code"] == "not_a_time"


def test_known_mapping_is_for_its_header_alone(read: Read) -> None:
    other = CSV.replace("Speed", "Weather")

    assert read(other, mappings={"known": [spec()]}).refusal == "UnknownLayout"


def test_mapping_that_is_asked_for_takes_files_with_its_keys(read: Read) -> None:
    other = CSV.replace("Speed", "Weather")

    answer = read(other, said={"race": "1"}, mappings={"asked": spec()})

    assert len(answer.records("entrant")) == 2


def test_mapping_of_one_sheet_leaves_the_others_to_theirs(read: Read) -> None:
    laps = spec(
        name="laps",
        kind="lap",
        header=["Bib", "Lap", "Time"],
        columns={"Time": "time", "Lap": "lap", "Surname": "", "Speed": ""},
    )
    laps["fixed"].pop("status")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("entries.csv", CSV)
        archive.writestr("laps.csv", "Bib,Lap,Time\n007,1,35.1\n")
        archive.writestr("unknown.csv", "Bib,Weight\n007,70\n")
    asked = {"asked": spec(), "known": [laps]}

    answer = read(file.getvalue(), said={"race": "1"}, mappings=asked)

    told = {part["name"]: part.get("layout") for part in answer.result["parts"]}
    assert told == {
        "entries.csv": "mapping.club",
        "laps.csv": "mapping.laps",
        "unknown.csv": None,
    }


def test_what_must_be_said_and_is_not_refuses_the_file(read: Read) -> None:
    answer = read(CSV, mappings={"known": [spec()]})

    assert answer.refusal == "NotSaid"
    assert "--race" in answer.result["message"]


def test_row_can_describe_its_race_and_meeting(read: Read) -> None:
    told = spec(columns={"Speed": "race_name", "Forename": "meeting_venue"})

    answer = read(CSV, said={"race": "1"}, mappings={"known": [told]})

    assert {r["payload"]["name"] for r in answer.records("race")} == {"61.5", None}
    assert len(answer.records("meeting")) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "Club Results"}, "name"),
        ({"kind": "horse"}, "kind"),
        ({"columns": {"Bib": ""}}, "entrant"),
        ({"columns": {"Bib": "lap"}}, "Bib"),
        ({"columns": {"Speed": "name"}}, "Surname"),
        ({"columns": {"Speed": "total_time_ms"}}, "total_time_ms"),
        ({"columns": {"Speed": "race"}}, "race"),
        ({"columns": {"Colour": "name"}}, None),
        ({"fixed": {"meeting": {"said": True}}}, "race"),
        ({"fixed": {"meeting": {"said": True}, "race": {}}}, "race"),
        (
            {
                "fixed": {
                    "meeting": {"table": 1},
                    "race": {"table": 1},
                    "grid": {"table": 1},
                }
            },
            "grid",
        ),
        ({"columns": {"Time": "attributes."}}, "Time"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"header": 5}, None),
    ],
)
def test_mapping_that_cannot_be_says_why(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingInvalid) as refused:
        mapping.read(spec(**changed))

    assert refused.value.facts.get("field") == field


@pytest.mark.parametrize("told", [None, [], "text", {"name": "x"}, {"columns": [1]}])
def test_what_is_no_mapping_is_refused(told: Any) -> None:
    with pytest.raises(MappingInvalid):
        mapping.read(told)


def test_mapping_is_written_as_it_was_read() -> None:
    told = mapping.read(spec()).as_dict()

    assert mapping.read(told).as_dict() == told


def value_of(read: Read, text: str, *, kind: str, to: str, form: str = "") -> Any:
    """Read one cell as a target in a form; give the values of its row, or its code."""
    keys = {"meeting": "m", "race": "r", "entrant": "e", "lap": 1}
    needed = targets.KEYS_OF[kind]
    told = {
        "name": "m",
        "kind": kind,
        "header": ["cell", "n"],
        "columns": [{"column": "cell", "to": to, "format": form}],
        "fixed": {key: {"constant": keys[key]} for key in needed if key != "lap"},
        "timezone": "Europe/London",
    }
    if "lap" in needed:
        told["columns"].append({"column": "n", "to": "lap"})
    answer = read(f'cell,n\n"{text}",1\n', mappings={"known": [told]})
    if answer.rejections:
        return answer.rejections[0]["code"]
    if kind == "lap":
        return answer.rows("lap")[0]
    return answer.records(kind)[0]["payload"]


@pytest.mark.parametrize(
    ("kind", "to", "form", "text", "value"),
    [
        ("meeting", "start_date", "day/month/year", "3/4/2022", "2022-04-03"),
        ("meeting", "start_date", "month/day/year", "3/4/2022", "2022-03-04"),
        ("meeting", "start_date", "day.month.year", "31.12.2022", "2022-12-31"),
        ("meeting", "start_date", "day/month/year", "31/2/2022", "not_a_date"),
        ("meeting", "start_date", "", "3/4/2022", "not_a_date"),
        ("entrant", "points", "decimal comma (12,5)", "12,5", "12.5"),
        ("entrant", "points", "decimal comma (12,5)", "12.5", "not_a_number"),
        ("entrant", "position", "place or code (1, DNF)", "DNF", None),
        ("entrant", "position", "", "DNF", "not_a_whole_number"),
        ("entrant", "status", "outcome code (1, R, DNF)", "DNF", "did not finish"),
        ("entrant", "total_time_ms", "time (1:34.570 or seconds)", "1:10.2", 70_200),
        (
            "race",
            "scheduled_start",
            targets.LOCAL_TIME,
            "2022-07-01 15:00:00",
            "2022-07-01T14:00:00Z",
        ),
        (
            "race",
            "scheduled_start",
            targets.LOCAL_TIME,
            "2022-10-30 01:30:00",
            "ambiguous_time",
        ),
        ("race", "scheduled_start", "", "2022-07-01 15:00:00", "not_a_moment"),
    ],
)
def test_form_is_how_the_text_is_read(
    read: Read, kind: str, to: str, form: str, text: str, value: Any
) -> None:
    found = value_of(read, text, kind=kind, to=to, form=form)

    assert (found if isinstance(found, str) else found[to]) == value


def test_sectors_of_a_lap_can_be_times(read: Read) -> None:
    form = "time (1:34.570 or seconds)"

    lap = value_of(read, "31,419", kind="lap", to="sector1_ms", form=form)

    assert lap["sector1_ms"] == "31419"


def test_mapping_that_cannot_be_read_any_more_harms_no_other_file(read: Read) -> None:
    gone = spec(columns={"Speed": "warp_factor"})
    laps = "meeting,race,entrant,lap,time\nashford,1,7,1,1:10.20\n"

    told = read(CSV, said={"race": "1"}, mappings={"known": [gone]})
    other = read(laps, mappings={"known": [gone]})

    assert told.refusal == "UnknownLayout"
    assert "mapping club for files of this header" in told.result["message"]
    assert other.result["rows_read"] == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meeting", " "),
        ("meeting", "x" * 201),
        ("meeting", "a\x00b"),
        ("laps_completed", "many"),
        ("meeting_season", "20x5"),
    ],
)
def test_constant_that_its_column_could_not_hold_is_refused(
    name: str, text: str
) -> None:
    fixed = spec()["fixed"] | {name: {"constant": text}}

    with pytest.raises(MappingInvalid, match="no such value"):
        mapping.read(spec(fixed=fixed))


def test_constant_key_is_written_as_files_write_it(read: Read) -> None:
    fixed = spec()["fixed"] | {"meeting": {"constant": " Nu\u0308rburg "}}

    answer = read(CSV, said={"race": "1"}, mappings={"known": [spec(fixed=fixed)]})

    assert answer.records("entrant")[0]["meeting_key"] == "N\u00fcrburg"
