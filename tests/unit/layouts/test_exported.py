"""What is exported is all that is stored, and rows of one source at a time."""

import pytest

from imports.exports.tables import MODELS
from imports.layouts import exported
from imports.pipeline.registers import records
from races.models import Lap, LapColumn
from tests.unit.layouts.read_cells import WRONG, read


@pytest.mark.parametrize("table", exported.TABLES, ids=lambda table: table.name)
def test_every_column_that_files_state_is_exported(table: exported.Table) -> None:
    model, _ = MODELS[table.kind]
    if model is Lap:
        stated = {column.column for column in LapColumn}
    else:
        stated = set(records.fields_of(model))
    attributes = {"attributes"} if hasattr(model, "attributes") else set()

    assert {column.name for column in table.values} == stated | attributes


def test_rows_of_a_second_source_are_wrong() -> None:
    make = exported.SOURCE.make

    assert read(make, "a", "a", "b", None) == ["a", "a", WRONG, None]
    assert read(make, None, "b", "a") == [None, "b", WRONG]
