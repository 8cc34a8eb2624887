"""What the child says of a file can always be stored, and says what was passed over."""

import json

import pytest

from imports.layouts.ergast.tables import LAYOUTS as ERGAST
from imports.readers.sandbox.answers import Answer as Checked
from imports.readers.verdicts import MAX_NAME_CHARS, layouts_of
from tests.corpus import good
from tests.corpus.bad_file import LAPS, laps, lines
from tests.unit.conftest import Answer, Read

CSV = lines(*laps(3))


def checked(answer: Answer) -> Answer:
    """Give the answer, which the worker would take."""
    taken = Checked()
    for message in answer.messages:
        taken.check(message)
    return answer


def test_members_of_an_archive_that_nobody_reads_are_noticed(read: Read) -> None:
    clutter = {f"__MACOSX/._{n}": b"x" for n in range(7)}

    result = checked(read(good.zipped({"laps.csv": CSV, **clutter}))).result

    [notice] = result["notices"]
    assert (notice["code"], notice["rows"]) == ("skipped_members", 7)
    assert "'__MACOSX/._0'" in notice["message"]
    assert "and 2 more" in notice["message"]


@pytest.mark.parametrize("content", [",,\n,,\n", good.zipped({"a.csv": b",,\n"})])
def test_table_that_names_no_columns_is_empty(read: Read, content: str | bytes) -> None:
    answer = checked(read(content))

    assert answer.refusal == "EmptyFile"
    assert "names no columns" in answer.result["message"]


def test_samples_of_an_unknown_table_can_be_stored(read: Read) -> None:
    answer = checked(read("shape,colour\nro\0und,red\n"))

    assert answer.refusal == "UnknownLayout"
    assert answer.result["parts"][0]["samples"] == [["ro\u2400und", "red"]]


@pytest.mark.parametrize("lap", ["1", "NaN"])
def test_name_of_an_array_can_be_stored(read: Read, lap: str) -> None:
    document = r'{"a\ud800": [{"lap": 1}], "b": [{"x": 1}]}'.replace("1", lap, 1)

    answer = checked(read(document))

    assert answer.result["parts"][0]["name"] == "a\\ud800"
    assert answer.result["parts"][0]["error"] == "malformed_file"


def test_half_of_a_character_in_a_refused_row_is_kept_as_its_escape(read: Read) -> None:
    row: list[object] = ["_xD800_", "1", "7", "1", "1:31"]

    answer = checked(read(good.workbook_of([list(LAPS.split(",")), row])))

    [rejection] = answer.rejections
    assert rejection["code"] == "lone_surrogate"
    assert rejection["original"]["line"].startswith("\\ud800")


def test_column_with_a_very_long_name_that_is_not_read_does_no_harm(read: Read) -> None:
    header = f"raceId,driverId,lap,time,{'n' * 300}"

    answer = checked(read(f"{header}\n1,2,1,1:31.0,x\n1,2,2,slow,x\n"))

    assert [r["code"] for r in answer.rejections] == ["not_a_time"]


def test_column_that_is_read_must_have_a_name_that_fits(read: Read) -> None:
    name = "n" * 201
    told = {
        "name": "long",
        "kind": "entrant",
        "header": [name],
        "columns": [{"column": name, "to": "entrant"}],
        "fixed": {"meeting": {"constant": "a"}, "race": {"constant": "1"}},
    }

    answer = checked(read(f"{name}\n7\n", mappings={"known": [told]}))

    assert answer.refusal == "MalformedFile"
    assert "201 characters, more than 200" in answer.result["message"]


def test_names_of_all_layouts_together_fit_and_are_cut_between_two() -> None:
    names = [layout.name for layout in ERGAST]

    told = layouts_of(names + names)

    assert len(told) <= MAX_NAME_CHARS
    assert told.endswith(", …")
    assert set(told.removesuffix(", …").split(", ")) <= set(names)
    assert layouts_of(names[:2]) == f"{names[0]}, {names[1]}"


def test_names_in_a_message_are_few_and_short(read: Read) -> None:
    header = ",".join(f"{'n' * 5_000}{number}" for number in range(100))

    message = checked(read(f"{header}\n")).result["message"]

    assert len(message) < 2_000
    assert "and 80 more. docs/layouts.md" in message


def test_document_of_an_empty_object_is_empty(read: Read) -> None:
    assert read(json.dumps({})).refusal == "EmptyFile"
