"""Refused rows go out, are corrected, and come back as rows of the first file."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from imports import actions, rejects_csv
from imports.actions import BatchOptions, Order
from imports.errors import FileRejected, NotACorrection, StatementInvalid
from imports.models import ImportRun, Rejection, RunFile, SourceFile
from imports.pipeline.manifest import Statement, statement_of_correction
from imports.readers.formula_guard import unescape
from imports.readers.reject_columns import COLUMNS
from races.models import Lap
from tests.conftest import SOURCE, Ingest

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]
Rows = list[dict[str, str]]

HEADER = "meeting,race,entrant,lap,time"
OBSERVED = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC), "priority": 7}


@pytest.fixture
def laps(write_csv: WriteCsv) -> Path:
    """Write laps: row 3 and row 4 are refused, row 5 is no row."""
    return write_csv(
        "laps.csv",
        HEADER,
        "ash,1,ann,1,62.500",
        "ash,1,ann,2,soon",
        "ash,1,=ann,3,-62",
        "ash,1,ann,4,62,63",
    )


@pytest.fixture
def first(ingest: Ingest, laps: Path) -> RunFile:
    """Give the file with refused rows, in its run."""
    return ingest(laps, statement=OBSERVED).run_files.get()


def download(file: RunFile) -> Rows:
    """Give the rows of a download as a spreadsheet shows them."""
    text = "".join(rejects_csv.lines(file)).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def save(path: Path, rows: Rows) -> Path:
    """Write the rows as a spreadsheet saves them."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def replay(path: Path, *, first: SourceFile, force: bool = False) -> ImportRun:
    """Bring corrected rows of a file and work their run."""
    files = actions.register_paths([path], statement=statement_of_correction(first))
    order = Order(trigger=ImportRun.Trigger.COMMAND, force=force)
    run = actions.start_run(files, order=order)
    actions.work_run(run, options=BatchOptions(name="test"))
    run.refresh_from_db()
    return run


def corrected(rows: Rows, **times: str) -> Rows:
    """Give the rows of these laps with their time."""
    chosen = [row for row in rows if f"lap{row['lap']}" in times]
    return [row | {"time": times[f"lap{row['lap']}"]} for row in chosen]


def test_download_has_the_columns_of_the_file_and_the_reasons(first: RunFile) -> None:
    second, third, fourth = download(first)

    assert list(second) == [*HEADER.split(","), *COLUMNS]
    assert second["time"] == "soon"
    assert second["reject_row_number"] == "3"
    assert second["reject_code"] == "not_a_time"
    assert "'soon'" in second["reject_message"]
    assert second["reject_original_text"] == "ash,1,ann,2,soon"
    assert (third["entrant"], third["time"]) == ("'=ann", "'-62")
    assert [unescape(third[name]) for name in ("entrant", "time")] == ["=ann", "-62"]
    assert [fourth[name] for name in HEADER.split(",")] == [""] * 5
    assert fourth["reject_code"] == "too_many_cells"
    assert fourth["reject_original_text"] == "ash,1,ann,4,62,63"


def test_run_keeps_the_columns_in_the_order_of_the_file(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("laps.csv", "time,lap,race,entrant,meeting", "x,1,1,ann,ash")

    file = ingest(path).run_files.get()

    assert file.columns == ["time", "lap", "race", "entrant", "meeting"]
    assert list(download(file)[0])[:5] == file.columns


def test_corrected_rows_are_taken_in_and_marked(first: RunFile, tmp_path: Path) -> None:
    rows = corrected(download(first), lap2="61.250", lap3="63")
    path = save(tmp_path / "corrected.csv", rows)

    run = replay(path, first=first.source_file)

    assert (run.state, run.rows["rejected"]) == ("succeeded", 0)
    assert run.laps["inserted"] == 2
    laps = {lap.number: lap for lap in Lap.objects.select_related("entrant")}
    assert (laps[2].time_ms, laps[2].entrant.key) == (61_250, "ann")
    assert (laps[3].time_ms, laps[3].entrant.key) == (63_000, "=ann")
    file = run.files.get()
    marks = Rejection.objects.values_list("row_number", "corrected_by")
    assert sorted(marks) == [(3, file.pk), (4, file.pk), (5, None)]
    assert list(first.source_file.corrections.all()) == [file]
    assert file.corrected_rejections.count() == 2


def test_corrected_rows_rank_as_their_file_does(
    first: RunFile, tmp_path: Path, ingest: Ingest, write_csv: WriteCsv
) -> None:
    later = write_csv("later.csv", HEADER, "ash,1,ann,2,60")
    ingest(
        later, statement={**OBSERVED, "observed_at": datetime(2024, 6, 1, tzinfo=UTC)}
    )
    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))

    run = replay(path, first=first.source_file)

    file = run.files.get()
    assert (file.source, file.priority) == (SOURCE, 7)
    assert file.observed_at == first.source_file.observed_at
    assert Lap.objects.get(number=2).time_ms == 60_000
    assert run.laps["older"] == 1


def test_line_that_was_no_row_is_written_anew(first: RunFile, tmp_path: Path) -> None:
    [row] = [row for row in download(first) if row["reject_row_number"] == "5"]
    row |= {"meeting": "ash", "race": "1", "entrant": "ann", "lap": "4", "time": "62"}

    run = replay(save(tmp_path / "c.csv", [row]), first=first.source_file)

    assert run.laps["inserted"] == 1
    assert Rejection.objects.get(row_number=5).corrected_by == run.files.get()


def test_download_brought_back_as_it_is_is_refused_again(
    first: RunFile, tmp_path: Path
) -> None:
    path = save(tmp_path / "c.csv", download(first))

    run = replay(path, first=first.source_file)

    assert (run.rows["read"], run.rows["rejected"]) == (3, 3)
    again = run.rejections.order_by("row_number")
    assert [r.row_number for r in again] == [2, 3, 4]
    assert "It was row 3 of the file that it corrects." in again[0].message
    assert not Rejection.objects.filter(corrected_by__isnull=False).exists()
    # What is still wrong can be downloaded, corrected and brought in its turn.
    rows = corrected(download(run.run_files.get()), lap2="61")
    second = replay(save(tmp_path / "d.csv", rows), first=run.files.get())
    assert second.laps["inserted"] == 1
    # Then it is in also where it was refused first.
    marked = Rejection.objects.filter(corrected_by=second.files.get())
    assert sorted(marked.values_list("row_number", "source_file")) == [
        (2, run.files.get().pk),
        (3, first.source_file_id),
    ]


def test_row_that_was_not_refused_becomes_a_rejection(
    first: RunFile, tmp_path: Path
) -> None:
    [good] = corrected(download(first), lap2="61")
    strange = good | {"lap": "9", "reject_row_number": "2"}

    run = replay(save(tmp_path / "c.csv", [good, strange]), first=first.source_file)

    assert run.laps["inserted"] == 1
    [rejection] = run.rejections.all()
    assert (rejection.code, rejection.row_number) == ("not_a_reject", 3)
    assert not Lap.objects.filter(number=9).exists()


def test_row_that_another_file_corrected_is_not_corrected_twice(
    first: RunFile, tmp_path: Path
) -> None:
    rows = download(first)
    done = replay(
        save(tmp_path / "c.csv", corrected(rows, lap2="61")), first=first.source_file
    )

    again = replay(
        save(tmp_path / "d.csv", corrected(rows, lap2="60")), first=first.source_file
    )

    assert [r.code for r in again.rejections.all()] == ["not_a_reject"]
    assert Lap.objects.get(number=2).time_ms == 61_000
    # The file that corrected it may be read again.
    [file] = done.files.all()
    forced = replay(tmp_path / "c.csv", first=first.source_file, force=True)
    assert forced.files.get() == file
    assert (forced.rows["rejected"], forced.laps["unchanged"]) == (0, 1)


def test_same_corrected_file_twice_is_a_duplicate(
    first: RunFile, tmp_path: Path
) -> None:
    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))
    replay(path, first=first.source_file)

    run = replay(path, first=first.source_file)

    assert run.run_files.get().state == "duplicate"
    assert SourceFile.objects.count() == 2


def test_rows_of_a_run_that_failed_are_not_marked(
    first: RunFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))
    with monkeypatch.context() as broken:
        broken.setattr("imports.pipeline.transactions.write_race", fail)
        failed = replay(path, first=first.source_file)
    assert failed.state != "succeeded"
    assert not Rejection.objects.filter(corrected_by__isnull=False).exists()

    replay(path, first=first.source_file)

    assert Rejection.objects.filter(corrected_by__isnull=False).count() == 1


def test_another_file_is_refused_at_the_door(first: RunFile, laps: Path) -> None:
    with pytest.raises(NotACorrection) as refusal:
        replay(laps, first=first.source_file)

    assert str(refusal.value) == (
        "laps.csv is not the download of the rejected rows of laps.csv: it has no "
        "column 'reject_row_number'. Download the rejected rows, correct them in that "
        "file and bring it again."
    )
    assert SourceFile.objects.count() == 1


def test_download_of_another_layout_says_so(first: RunFile, tmp_path: Path) -> None:
    rows = [{"shape": "round", "reject_row_number": "3"}]

    run = replay(save(tmp_path / "c.csv", rows), first=first.source_file)

    file = run.run_files.get()
    assert (file.state, file.error_code) == ("rejected", "unknown_layout")


def test_download_by_the_other_door_is_refused_and_can_still_come(
    first: RunFile, tmp_path: Path, ingest: Ingest
) -> None:
    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))

    wrong = ingest(path)

    file = wrong.run_files.get()
    assert (file.state, file.error_code) == ("rejected", "corrects_nothing")
    assert "Bring it on the page of that file" in file.message
    assert replay(path, first=first.source_file).laps["inserted"] == 1


def test_bytes_that_were_brought_otherwise_are_refused(
    first: RunFile, tmp_path: Path, ingest: Ingest
) -> None:
    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))
    ingest(path, statement=OBSERVED)

    with pytest.raises(FileRejected, match="was brought otherwise"):
        replay(path, first=first.source_file)


def test_what_is_not_kept_is_said(
    ingest: Ingest, write_csv: WriteCsv, settings: Any
) -> None:
    settings.IMPORTS_REJECTIONS_PER_CODE = 2
    rows = [f"ash,1,ann,{lap},soon" for lap in range(1, 6)]

    file = ingest(write_csv("laps.csv", HEADER, *rows)).run_files.get()

    assert (file.rows_rejected, rejects_csv.kept(file)) == (5, 2)
    assert rejects_csv.file_name(file) == f"laps-run-{file.run_id}-rejected-2-of-5.csv"
    assert len(download(file)) == 2


def test_cell_that_was_cut_is_said(ingest: Ingest, write_csv: WriteCsv) -> None:
    path = write_csv("laps.csv", HEADER, f"ash,1,ann,1,{'9' * 3_000}")

    [row] = download(ingest(path).run_files.get())

    assert "may have been cut there" in row["reject_message"]


def test_name_of_the_download_is_safe(first: RunFile) -> None:
    first.name = '../é "x"\r\n.csv'

    assert rejects_csv.file_name(first) == f"é x-run-{first.run_id}-rejected.csv"


def command(*words: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Run ingest_races; give its exit code and object."""
    out = io.StringIO()
    try:
        call_command(
            "ingest_races", *words, json=True, concurrency="1", stdout=out, **options
        )
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.parametrize("by", ["pk", "sha256"])
def test_command_brings_corrected_rows(first: RunFile, tmp_path: Path, by: str) -> None:
    path = save(tmp_path / "c.csv", corrected(download(first), lap2="61"))

    code, result = command(str(path), corrects=str(getattr(first.source_file, by)))

    assert (code, result["laps"]["inserted"]) == (0, 1)
    assert SourceFile.objects.get(corrects=first.source_file).source == SOURCE


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"corrects": "999999"}, "no file has this id or sha256"),
        ({"corrects": "nothing"}, "no file has this id or sha256"),
        ({"corrects": "1", "priority": 3}, "takes source, priority and time"),
        ({"corrects": "1", "complete": True}, "takes source, priority and time"),
    ],
)
def test_command_refuses_in_a_sentence(
    first: RunFile, laps: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("ingest_races", str(laps), stdout=io.StringIO(), **options)


def test_command_names_the_files_of_the_same_bytes(
    first: RunFile, laps: Path, ingest: Ingest
) -> None:
    ingest(laps, source="other")

    with pytest.raises(CommandError, match="these bytes are several files") as refusal:
        call_command("ingest_races", str(laps), corrects=first.source_file.sha256)

    assert f"{first.source_file_id} (test, laps.csv)" in str(refusal.value)


def test_corrected_rows_cannot_be_complete(first: RunFile) -> None:
    with pytest.raises(StatementInvalid, match="cannot be complete"):
        Statement(source=SOURCE, corrects=first.source_file, is_complete=True)


def test_row_of_one_table_of_several_comes_back_as_one_of_its_table(
    ingest: Ingest, tmp_path: Path
) -> None:
    path = tmp_path / "season.zip"
    with ZipFile(path, "w") as package:
        package.writestr("meetings.csv", "meeting,season\nash,2024\n")
        package.writestr(
            "laps.csv", f"{HEADER}\nash,1,ann,1,62.500\nash,1,ann,2,soon\n"
        )
    first = ingest(path, statement=OBSERVED).run_files.get()

    [row] = download(first)
    run = replay(
        save(tmp_path / "back.csv", [row | {"time": "63.000"}]), first=first.source_file
    )

    assert list(row) == [*HEADER.split(","), *COLUMNS]
    assert run.state == "succeeded"
    assert list(Lap.objects.order_by("number").values_list("time_ms", flat=True)) == [
        62_500,
        63_000,
    ]
    assert not Rejection.objects.filter(corrected_by=None).exists()
