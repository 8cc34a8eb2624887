"""What the command says of a run: no more than can be read, and what is left out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imports import actions, report
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

HEADER = "meeting,race,entrant,lap,time"


def test_refused_rows_that_are_not_named_are_counted(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    bad = [f"ash,1,ann,{lap},soon" for lap in range(1, 14)]

    run = ingest(write_csv("laps.csv", HEADER, "ash,1,bo,1,62", *bad))

    text = report.as_text(run, report.as_dict(run))
    assert text.count("time is 'soon'") == 10
    assert f"3 more rows are refused: the page of run {run.pk} lists them." in text


def test_notice_of_no_rows_counts_none(
    ingest: Ingest, write_csv: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(f"{HEADER},entrant_name\nash,1,ann,1,62,Zoë\n".encode("utf-16"))

    run = ingest(path)

    text = report.as_text(run, report.as_dict(run))
    assert "UTF-16" in text
    assert "(0 rows)" not in text


def test_mapping_of_a_file_that_is_in_asks_for_force(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    path = write_csv("laps.csv", HEADER, "ash,1,bo,1,62")
    ingest(path)
    keys = ("meeting", "race", "entrant", "lap")
    columns = [{"column": key, "to": key} for key in keys]
    spec = {"name": "m", "kind": "lap", "header": HEADER.split(","), "columns": columns}
    mapping = actions.save_mapping(spec, by=None)

    run = ingest(path, order={"mapping": mapping})

    assert "with --force only" in report.as_text(run, report.as_dict(run))
