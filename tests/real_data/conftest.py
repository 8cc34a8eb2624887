"""Files of the real world: their facts are free, their text is not ours to keep.

They lie in the folder that SCRUTINEER_DATA names (CONTRIBUTING.md); without it the
tests here are skipped. Mappings by hand turn them into canonical files.
"""

import csv
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imports.models import ImportRun
from tests.conftest import Ingest
from tests.verified import pytest_runtest_call

__all__ = ["pytest_runtest_call"]

Row = Mapping[str, str]
Deliver = Callable[..., ImportRun]


@pytest.fixture
def data() -> Path:
    """Give the folder of the real files: `facts` and `permissive`."""
    named = os.environ.get("SCRUTINEER_DATA")
    if not named:
        pytest.skip("SCRUTINEER_DATA names no folder of real data (CONTRIBUTING.md).")
    folder = Path(named)
    if not (folder / "facts").is_dir():
        pytest.skip(f"SCRUTINEER_DATA: there is no folder {folder / 'facts'}.")
    return folder


@pytest.fixture
def facts(data: Path) -> Path:
    """Give the folder of the files that state no licence."""
    return data / "facts"


def rows_of(path: Path, *, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a file with the library's own reader: independent of ours."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)
        return [{name.strip(): cell for name, cell in row.items()} for row in reader]


@pytest.fixture
def deliver(ingest: Ingest, tmp_path: Path) -> Deliver:
    """Give a function that imports rows as a canonical file of a given hour."""

    def deliver_rows(
        name: str,
        rows: Iterable[Row],
        *,
        hour: int,
        columns: Iterable[str] = (),
        is_complete: bool = False,
        **options: object,
    ) -> ImportRun:
        listed = list(rows)
        path = tmp_path / f"{name}_{hour}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(columns) or list(listed[0]))
            writer.writeheader()
            writer.writerows(listed)
        observed = datetime(2026, 5, 1, hour, tzinfo=UTC)
        statement = {"observed_at": observed, "is_complete": is_complete}
        return ingest(path, statement=statement, force=True, **options)

    return deliver_rows
