"""Refused rows of a file of several tables: each comes back to its own table."""

import zipfile
from pathlib import Path

import pytest

from imports.models import Rejection
from races.models import Entrant, Lap
from tests.conftest import Ingest
from tests.integration.test_corrections import HEADER, download, replay, save

pytestmark = pytest.mark.django_db


def test_rows_of_each_table_of_a_file_come_back_as_rows_of_that_table(
    ingest: Ingest, tmp_path: Path
) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("laps.csv", f"{HEADER}\nash,1,ann,1,62.5\nash,1,ann,2,soon\n")
        archive.writestr("grid.csv", "meeting,race,entrant,grid\nash,1,ann,first\n")
    first = ingest(path).run_files.get()
    lap, entrant = download(first)
    rows = [lap | {"time": "61"}, entrant | {"grid": "1"}]

    run = replay(save(tmp_path / "c.csv", rows), first=first.source_file)

    assert run.rows["rejected"] == 0, run.rejections.first()
    assert Lap.objects.get(number=2).time_ms == 61_000
    assert Entrant.objects.get().grid == 1
    assert Rejection.objects.filter(corrected_by=run.files.get()).count() == 2


def test_row_of_no_table_is_refused_once(ingest: Ingest, tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", f"{HEADER}\nash,1,ann,2,soon\n")
        archive.writestr("b.csv", f"{HEADER}\nelm,1,ann,2,soon\n")
    first = ingest(path).run_files.get()
    one, other = (row | {"time": "61"} for row in download(first))
    stray, nameless = ({"reject_row_number": number} for number in ("99", ""))

    rows = [one, other | stray, other, other | nameless]
    run = replay(save(tmp_path / "c.csv", rows), first=first.source_file)

    assert (run.rows["read"], run.rows["inserted"]) == (4, 2)
    refused = run.rejections.order_by("row_number")
    assert [(r.row_number, r.code) for r in refused] == [
        (3, "not_a_reject"),
        (5, "missing_value"),
    ]


def test_table_that_comes_back_has_the_name_that_it_had(
    ingest: Ingest, tmp_path: Path
) -> None:
    header = "NUMBER,DRIVER_NUMBER,LAP_NUMBER,LAP_TIME,CROSSING_FINISH_LINE_IN_PIT"
    path = tmp_path / "laps.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for meeting in ("ash", "elm"):
            archive.writestr(f"{meeting}_race.csv", f"{header}\n7,1,1,soon,\n")
    statement = {"name_pattern": "{meeting}_{race}.csv"}
    first = ingest(path, statement=statement).run_files.get()
    rows = [row | {"LAP_TIME": "61"} for row in download(first)]

    run = replay(save(tmp_path / "c.csv", rows), first=first.source_file)

    assert run.rows["rejected"] == 0, run.message
    meetings = Lap.objects.values_list("entrant__race__meeting__key", flat=True)
    assert sorted(meetings) == ["ash", "elm"]
