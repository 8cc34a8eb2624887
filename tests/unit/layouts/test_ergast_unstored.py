"""Files of an Ergast set of which nothing is stored: known by just their columns."""

import pytest

from tests.unit.conftest import Read
from tests.unit.layouts.f1_headers import HEADERS

NAMES = [
    "seasons",
    "status",
    "constructor_results",
    "constructor_standings",
    "driver_standings",
]


@pytest.mark.parametrize("name", NAMES)
def test_file_is_known_and_nothing_of_it_is_stored(read: Read, name: str) -> None:
    header = HEADERS[f"ergast.{name}"]
    row = ",".join("1" for _ in header.split(","))

    answer = read(f"{header}\n{row}\n")

    [notice] = answer.result["notices"]
    assert (notice["code"], notice["rows"]) == ("nothing_stored", 1)
    assert answer.rows("record") == answer.rows("lap") == []


@pytest.mark.parametrize("name", NAMES)
def test_file_with_a_column_more_is_not_taken_for_it(read: Read, name: str) -> None:
    answer = read(f"{HEADERS[f'ergast.{name}']},lap_time\n")

    assert answer.refusal == "UnknownLayout"
