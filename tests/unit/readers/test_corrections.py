"""A download of rejected rows comes back: its own columns, its first rows, its cells."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.readers.formula_guard import FORMULA, escape, unescape
from imports.readers.reject_columns import COLUMNS
from imports.readers.sandbox import child
from imports.readers.sandbox.frames import read_messages
from imports.readers.sandbox.limits import Limits
from tests.unit.conftest import Answer

LAPS = ("meeting", "race", "entrant", "lap", "time")
RUNS_AS_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001

#: Cells as hostile files write them: formulas, apostrophes, quotes, line ends.
hostile = st.text(st.sampled_from("=+-@'\"\t\r\n,;| aä0"), max_size=8)


def download(*rows: tuple[str, ...], columns: tuple[str, ...] = LAPS) -> str:
    """Write a download; each row is a row number and the file's own cells."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*map(escape, columns), *COLUMNS])
    for number, *cells in rows:
        writer.writerow([*map(escape, cells), number, "code", "why", "text"])
    return "\ufeff" + out.getvalue()


def read_back(content: str, tmp_path: Path, *, refused: list[int] | None) -> Answer:
    """Read a file as the child does, as the correction of one with refused rows."""
    path = tmp_path / "corrected.csv"
    path.write_text(content, newline="")
    request: dict[str, Any] = {"path": str(path), "file_number": 1}
    request |= {"rejections_per_code": 1_000, "refused_rows": refused}
    pipe = io.BytesIO()
    child._answer(request, pipe=pipe, scratch=tmp_path, limits=Limits())
    pipe.seek(0)
    return Answer(messages=list(read_messages(pipe)))


@given(text=hostile | st.text())
def test_what_is_escaped_is_unescaped_to_what_it_was(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not RUNS_AS_FORMULA.match(escape(text))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("'=1", "''=1"),
        ("\tx", "'\tx"),
        ("'s-Gravenmoer", "'s-Gravenmoer"),
        ("''", "''"),
        ("1:02.5", "1:02.5"),
        ("", ""),
    ],
)
def test_only_what_a_spreadsheet_would_run_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert bool(FORMULA.match(text)) == (text != escaped)


@given(name=hostile.filter(lambda text: text.strip()))
def test_cells_come_back_as_they_were(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = download(("7", "ash", name), columns=("meeting", "name"))

    answer = read_back(content, tmp_path_factory.mktemp("file"), refused=[7])

    [meeting] = answer.records("meeting")
    assert meeting["payload"]["name"] == name.strip()
    assert answer.result["corrected_rows"] == [7]


def test_only_its_own_columns_are_read(tmp_path: Path) -> None:
    answer = read_back(
        download(("3", "ash", "1", "ann", "1", "1:02.5")), tmp_path, refused=[3, 4]
    )

    assert answer.result["layout"] == "canonical.laps"
    assert answer.result["columns"] == list(LAPS)
    assert [lap["time_ms"] for lap in answer.rows("lap")] == ["62500"]
    assert answer.result["corrected_rows"] == [3]


def test_column_whose_name_is_a_formula_comes_back(tmp_path: Path) -> None:
    columns = ("raceId", "driverId", "lap", "time", "=1+1")

    answer = read_back(
        download(("3", "9", "1", "x", "1:02.5", "@"), columns=columns),
        tmp_path,
        refused=[3],
    )

    assert answer.result["columns"] == list(columns)
    assert answer.rejections[0]["original"]["=1+1"] == "@"


def test_row_that_is_wrong_again_says_where_it_was(tmp_path: Path) -> None:
    answer = read_back(
        download(
            ("17", "ash", "1", "ann", "1", "soon"), ("9", "ash", "1", "ann", "2", "62")
        ),
        tmp_path,
        refused=[9, 17],
    )

    [again] = answer.rejections
    assert (again["row_number"], again["code"]) == (2, "not_a_time")
    assert "It was row 17 of the file that it corrects." in again["message"]
    assert set(again["original"]) == set(LAPS)
    assert answer.result["corrected_rows"] == [9]


@pytest.mark.parametrize(
    ("number", "code"),
    [("4", "not_a_reject"), ("three", "not_a_reject"), ("", "missing_value")],
)
def test_row_that_was_not_refused_is_refused_now(
    tmp_path: Path, number: str, code: str
) -> None:
    answer = read_back(
        download(
            (number, "ash", "1", "ann", "1", "62"), ("3", "ash", "1", "ann", "2", "63")
        ),
        tmp_path,
        refused=[3],
    )

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == ("reject_row_number", code)
    assert [lap["number"] for lap in answer.rows("lap")] == ["2"]
    assert answer.result["corrected_rows"] == [3]


def test_row_that_is_there_twice_is_corrected_if_both_are_good(tmp_path: Path) -> None:
    content = download(
        ("3", "ash", "1", "ann", "1", "62"),
        ("3", "ash", "1", "ann", "2", "soon"),
        ("4", "ash", "1", "ann", "3", "62"),
        ("4", "ash", "1", "ann", "4", "62"),
    )

    answer = read_back(content, tmp_path, refused=[3, 4])

    assert answer.result["corrected_rows"] == [4]
    assert len(answer.rows("lap")) == 3


def test_no_row_was_refused_so_none_can_be_corrected(tmp_path: Path) -> None:
    content = download(("3", "ash", "1", "ann", "1", "62"))

    answer = read_back(content, tmp_path, refused=[])

    assert [r["code"] for r in answer.rejections] == ["not_a_reject"]


def test_columns_that_a_person_took_out_are_not_missed(tmp_path: Path) -> None:
    content = ",".join([*LAPS, "reject_row_number"]) + "\nash,1,ann,1,62,3\n"

    assert read_back(content, tmp_path, refused=[3]).result["corrected_rows"] == [3]


def test_file_without_its_row_numbers_is_no_correction(tmp_path: Path) -> None:
    content = ",".join(LAPS) + "\nash,1,ann,1,62\n"

    answer = read_back(content, tmp_path, refused=[3])

    assert answer.refusal == "NotACorrection"
    assert "no column 'reject_row_number'" in answer.result["message"]


def test_download_that_corrects_no_file_is_refused(tmp_path: Path) -> None:
    answer = read_back(
        download(("3", "ash", "1", "ann", "1", "62")), tmp_path, refused=None
    )

    assert answer.refusal == "CorrectsNothing"
    assert "which file it corrects" in answer.result["message"]


def test_two_columns_that_differ_by_an_escape_are_refused(tmp_path: Path) -> None:
    content = "meeting,name,=x,'=x,reject_row_number\nash,a,1,2,3\n"

    assert read_back(content, tmp_path, refused=[3]).refusal == "MalformedFile"
