"""Guards come off rows that say that they have some, and off no other."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.readers.exported import MARK
from imports.readers.formula_guard import TRIGGERS, escape
from tests.unit.readers.test_corrections import read_back

#: No stored text begins or ends with a blank.
words = (
    st.text(st.sampled_from("'a" + TRIGGERS), max_size=5).map(str.strip).filter(bool)
)


def _names(
    folder: Path, *lines: tuple[str, ...], columns: tuple[str, ...]
) -> list[str]:
    out = io.StringIO()
    csv.writer(out).writerows([columns, *lines])
    answer = read_back(out.getvalue(), folder, refused=None)
    return [record["payload"]["name"] for record in answer.records("meeting")]


def test_only_marked_rows_lose_a_guard(tmp_path: Path) -> None:
    found = _names(
        tmp_path,
        ("s", "1", "'=x", "1"),
        ("s", "2", "''=x", "1"),
        ("s", "3", "'=x", ""),
        ("s", "4", "'x", "1"),
        columns=("source", "meeting", "name", MARK),
    )

    assert found == ["=x", "'=x", "'=x", "'x"]


def test_other_files_keep_their_apostrophes(tmp_path: Path) -> None:
    columns = ("source", "meeting", "name")

    assert _names(tmp_path, ("s", "1", "'=x"), columns=columns) == ["'=x"]


@given(name=words)
def test_what_was_guarded_is_what_it_was(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = _names(
        tmp_path_factory.mktemp("file"),
        ("s", "1", escape(name), "1"),
        columns=("source", "meeting", "name", MARK),
    )

    assert found == [name]
