"""Every real file is taken in, or refused for the reason that its README gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imports import actions
from imports.models import RunFile

pytestmark = pytest.mark.django_db

Rejected = dict[str, int]
MAPPING = Path(__file__).with_name("whpsc_mapping.json")
#: Folder -> what is said of its files, files that are refused whole by their code,
#: rows that are refused.
FOLDERS: dict[str, tuple[dict[str, str], dict[str, str], int]] = {
    "permissive/f1_cc0_2025-10": ({}, {}, 0),
    "permissive/jolpica_apache2": (
        {"meeting": "all", "race": "all"},
        {"LICENSE": "unknown_layout"},
        3_666,
    ),
    "permissive/undercut_mit_parquet": ({}, {"LICENSE": "unknown_layout"}, 0),
    "facts/f1_laps_2021-2023": ({}, {}, 0),
    "facts/fastf1_parquet": ({"name_pattern": "{meeting}_laps", "race": "race"}, {}, 0),
    "facts/alkamel_formula_e": (
        {"name_pattern": "formula-e_{meeting}", "race": "race"},
        {},
        0,
    ),
    "facts/gr_cup": ({"meeting": "cota", "race": "Race 1"}, {}, 36),
    "facts/hkjc_day": ({}, {}, 0),
    "facts/hkjc_reupload": (
        {},
        {"sectional_times_2026-05-03__v1_header_only.csv": "empty_file"},
        0,
    ),
    "facts/nascar": ({"meeting": "daytona-2025"}, {}, 0),
    "facts/nztab": ({}, {}, 0),
    # Times with a star behind.
    "facts/xlsx": ({}, {}, 3),
}


def test_no_folder_of_real_files_is_left_out(facts: Path) -> None:
    root = facts.parent
    there = {
        path.parent.relative_to(root).as_posix()
        for kind in ("facts", "permissive")
        for path in (root / kind).rglob("*")
        if path.is_file()
    }

    assert there == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_in_or_refused_as_they_should_be(
    facts: Path, ingest: Callable[..., Any], folder: str
) -> None:
    statement, refused_files, refused_rows = FOLDERS[folder]
    paths = sorted(path for path in (facts.parent / folder).iterdir())
    order = {}
    if folder == "facts/xlsx":
        spec = json.loads(MAPPING.read_text())
        order = {"mapping": actions.save_mapping(spec, by=None)}

    run = ingest(*paths, statement=statement, order=order)

    files = {file.name: file for file in run.run_files.all()}
    refused = {
        name: file.error_code
        for name, file in files.items()
        if file.state != RunFile.State.STAGED or file.error_code
    }
    assert refused == refused_files
    assert run.state == ("partial" if refused_files else "succeeded")
    assert sum(file.rows_rejected for file in files.values()) == refused_rows
    counts = run.rows
    assert counts["read"] == sum(n for name, n in counts.items() if name != "read")
