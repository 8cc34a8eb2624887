"""Real files in every format: as many rows as they have, none bad."""

from pathlib import Path
from typing import Any

import pytest

from imports.readers.json_documents import json_tables
from imports.readers.parquet_files import parquet
from imports.readers.table import Table
from imports.readers.workbooks import xlsx


def tables(open_parts: Any, path: Path, scratch: Path) -> dict[str, Table]:
    parts = open_parts(path, scratch=scratch)
    return {part.name: part.read(required=frozenset()) for part in parts}


def rows_in(table: Table) -> int:
    assert len(table.bad_lines) == 0
    rows = table.rows.collect().height
    assert rows == table.rows_read
    return rows


@pytest.mark.parametrize(
    ("name", "laps"),
    [
        ("2023_18_race_lap_times.json", 1_014),
        ("2026_aus_fp1_lap_times.json", 463),
    ],
)
def test_laps_nested_in_json(facts: Path, tmp_path: Path, name: str, laps: int) -> None:
    path = facts.parent / "permissive" / "jolpica_apache2" / name

    found = tables(json_tables.open_parts, path, tmp_path)

    assert rows_in(found["objects"]) == laps
    assert "foreign_keys.car_number" in found["objects"].columns
    assert "objects.time.milliseconds" in found["objects"].columns


def test_list_of_races_in_json(facts: Path, tmp_path: Path) -> None:
    path = facts / "nztab" / "races-list-response.json"

    found = tables(json_tables.open_parts, path, tmp_path)

    assert list(found) == ["data.races"]
    assert rows_in(found["data.races"]) == 100
    first = found["data.races"].rows.collect().row(0, named=True)
    assert first["header.generated_time"] == "2025-07-17T11:07:39.058303432Z"
    assert first["data.races.number"] == "1"


def test_laps_in_parquet(facts: Path, tmp_path: Path) -> None:
    path = facts / "fastf1_parquet" / "2024_bahrain_laps.parquet"

    [table] = tables(parquet.open_parts, path, tmp_path).values()

    assert rows_in(table) == 1_129
    first = table.rows.collect().row(0, named=True)
    assert first["LapTime"] == "103.888"
    assert first["LapNumber"] == "1"
    assert first["LapStartDate"] == "2024-03-02T15:03:42.342"


@pytest.mark.parametrize(
    ("name", "rows"), [("pit_stops", 6_614), ("results", 3_700), ("schedule", 196)]
)
def test_tables_in_parquet(facts: Path, tmp_path: Path, name: str, rows: int) -> None:
    path = facts.parent / "permissive" / "undercut_mit_parquet" / f"{name}.parquet"

    [table] = tables(parquet.open_parts, path, tmp_path).values()

    assert rows_in(table) == rows


def test_runs_in_a_workbook(facts: Path, tmp_path: Path) -> None:
    path = facts / "xlsx" / "whpsc_race_results.xlsx"

    found = tables(xlsx.open_parts, path, tmp_path)

    assert list(found) == [str(year) for year in range(2001, 2020)]
    assert sum(rows_in(table) for table in found.values()) == 1_853
    first = found["2009"].rows.collect().row(0, named=True)
    assert first["Date"] == "2009-09-14"
    assert first["Time\u00a0of day"] == "07:34:00"
