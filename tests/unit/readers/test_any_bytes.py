"""Good files of every format, damaged: rows or one typed refusal, nothing else.

`make fuzz` does the same to many more.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.errors import FileRejected
from imports.readers.sandbox.limits import Limits
from imports.readers.sandbox.parent import Request, Sandbox
from tests.fuzz.batch import make
from tests.fuzz.edits import KINDS, MAX_CHUNK, TOKENS, Edit, apply
from tests.fuzz.reading import outcome
from tests.fuzz.seeds import SEEDS

EDITS = st.lists(
    st.builds(
        Edit,
        kind=st.sampled_from(sorted(KINDS)),
        place=st.integers(0, 65_535),
        other=st.integers(0, 65_535),
        size=st.integers(1, MAX_CHUNK),
        token=st.sampled_from(TOKENS),
    ),
    min_size=1,
    max_size=4,
)
FAULTS_OF_OURS = {"parser_crash", "reader_failed", "file_rejected", "imports_error"}


@settings(max_examples=40)
@given(edits=EDITS, place=st.integers(0, 99))
@pytest.mark.parametrize("name", SEEDS)
def test_damaged_file_is_rows_or_one_typed_refusal(
    tmp_path: Path, name: str, edits: list[Edit], place: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(SEEDS[name].changed(lambda data: apply(edits, data), place=place))

    assert outcome(path, name=SEEDS[name].name) not in FAULTS_OF_OURS


@pytest.mark.parametrize("name", SEEDS)
def test_file_that_nobody_damaged_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(SEEDS[name].data)

    # That one is an array that no layout knows.
    expected = "unknown_layout" if name == "json_nested" else "read"
    assert outcome(path, name=SEEDS[name].name).startswith(expected)


@settings(max_examples=60)
@given(data=st.binary(max_size=200), name=st.sampled_from(sorted(SEEDS)))
def test_any_bytes_under_any_name_are_rows_or_one_typed_refusal(
    tmp_path: Path, data: bytes, name: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert outcome(path, name=SEEDS[name].name) not in FAULTS_OF_OURS


def test_one_real_child_answers_damaged_files_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    found = []
    with Sandbox(Limits()) as sandbox:
        for number in range(5 * len(SEEDS)):
            form, data = make(63, number)
            path.write_bytes(data)
            found.append(_answer(sandbox, path, name=SEEDS[form].name))

    assert len(found) == 5 * len(SEEDS)
    assert "R" in found
    assert set(found) & FAULTS_OF_OURS == set()


def _answer(sandbox: Sandbox, path: Path, *, name: str) -> str:
    """Give the last letter of the answer, or the code of the refusal."""
    request = Request(path=path, file_number=1, rejections_per_code=10, name=name)
    try:
        return [message.letter for message in sandbox.read(request)][-1]
    except FileRejected as error:
        return error.code
