"""Folders that others write to while they are imported: whole files come in, and no other."""

import io
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imports import actions
from imports.actions import inbox
from imports.errors import NothingToImport
from imports.models import ImportRun, SourceFile
from imports.pipeline.manifest import Statement
from races.models import Lap

pytestmark = pytest.mark.django_db

HEADER = "meeting,race,entrant,lap,time_ms"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An inbox with two files of one lap each."""
    made = tmp_path / "inbox"
    made.mkdir()
    for name, race in (("a.csv", 1), ("b.csv", 2)):
        (made / name).write_text(f"{HEADER}\nashford,{race},7,1,61000\n")
    return made


def _ingest(*paths: Path, **options: Any) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    given = {"concurrency": "1", "json": True} | options
    try:
        call_command("ingest_races", *map(str, paths), stdout=out, **given)
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def _at_a_read(path: Path, happen: Callable[[Path], None], monkeypatch: Any) -> None:
    """Let something happen to a file after its first piece is read."""
    read = inbox._Watched.read

    def read_and_disturb(self: Any, size: int | None = -1, /) -> bytes:
        piece = read(self, size)
        if piece and self._path == path:
            happen(path)
        return piece

    monkeypatch.setattr(inbox._Watched, "read", read_and_disturb)


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("ashford,2,7,2,61000\n")


def _rewrite(path: Path) -> None:
    os.utime(path, (1, 1))


@pytest.mark.parametrize(
    ("happen", "code"),
    [
        (_append, "still_written"),
        (_rewrite, "still_written"),
        (Path.unlink, "file_gone"),
    ],
)
def test_file_that_changes_while_it_is_read_waits_for_the_next_time(
    folder, monkeypatch, happen, code
):
    _at_a_read(folder / "b.csv", happen, monkeypatch)

    exit_code, result = _ingest(folder)

    assert (exit_code, result["state"]) == (0, "succeeded")
    [left] = result["left_out"]
    assert (left["path"], left["code"]) == (str(folder / "b.csv"), code)
    assert [file["name"] for file in result["files"]] == ["a.csv"]
    # Half of it was never taken in.
    assert SourceFile.objects.count() == 1
    monkeypatch.undo()
    if (folder / "b.csv").exists():
        _, again = _ingest(folder)
        assert {file["state"] for file in again["files"]} == {"duplicate", "staged"}
        assert set(Lap.objects.values_list("entrant__race__key", flat=True)) == {
            "1",
            "2",
        }


def test_file_that_was_named_is_missed_where_it_changes(folder, monkeypatch):
    _at_a_read(folder / "b.csv", _append, monkeypatch)

    code, result = _ingest(folder / "a.csv", folder / "b.csv")

    assert (code, result["state"]) == (1, "partial")
    assert Lap.objects.count() == 1


def test_command_that_finds_only_files_in_work_is_to_be_run_again(folder, monkeypatch):
    (folder / "a.csv").unlink()
    _at_a_read(folder / "b.csv", _append, monkeypatch)

    code, result = _ingest(folder)

    assert (code, result["state"], result["run"]) == (75, "stopped", None)
    assert "b.csv: it changed while it was read" in result["message"]


def test_file_above_the_limit_is_named_and_the_others_come_in(folder, settings):
    settings.IMPORTS_MAX_FILE_BYTES = 200
    (folder / "c.csv").write_text("x" * 300)

    code, result = _ingest(folder)

    assert (code, result["state"]) == (1, "partial")
    assert result["races"]["succeeded"] == 2
    [left] = result["left_out"]
    assert left["code"] == "file_rejected"
    assert "c.csv is larger than 200 bytes" in left["message"]


def test_unreadable_file_is_named_and_the_others_come_in(folder, monkeypatch):
    class Closed(io.FileIO):
        def __init__(self, path: Path) -> None:
            if path.name == "a.csv":
                raise PermissionError(13, "Permission denied", str(path))
            super().__init__(path)

    monkeypatch.setattr(inbox.io, "FileIO", Closed)

    code, result = _ingest(folder)

    assert (code, result["state"]) == (1, "partial")
    [left] = result["left_out"]
    assert left["code"] == "file_unreadable"
    assert "Permission denied" in left["message"]
    assert Lap.objects.count() == 1


def test_what_is_no_file_is_named(folder):
    os.mkfifo(folder / "pipe")
    (folder / "lost.csv").symlink_to(folder / "nowhere.csv")

    code, result = _ingest(folder)

    assert code == 1
    assert {Path(left["path"]).name: left["code"] for left in result["left_out"]} == {
        "pipe": "file_unreadable",
        "lost.csv": "file_gone",
    }


def test_folder_that_cannot_be_read_is_named(folder, monkeypatch):
    walk = os.walk

    def walk_to_a_closed_one(path: Any, *args: Any, **rest: Any) -> Any:
        if path == folder:
            closed = str(folder / "closed")
            rest["onerror"](PermissionError(13, "Permission denied", closed))
        return walk(path, *args, **rest)

    monkeypatch.setattr(inbox.os, "walk", walk_to_a_closed_one)

    code, result = _ingest(folder)

    assert code == 1
    assert [left["path"] for left in result["left_out"]] == [str(folder / "closed")]
    assert Lap.objects.count() == 2


def test_missing_path_among_others_is_named_and_the_others_come_in(folder):
    code, result = _ingest(folder / "a.csv", folder / "gone.csv")

    assert (code, result["state"]) == (1, "partial")
    assert "gone.csv: no such file" in result["left_out"][0]["message"]


def test_text_tells_what_was_left_out(folder):
    out = StringIO()
    paths = (str(folder / "a.csv"), str(folder / "gone.csv"))

    with pytest.raises(SystemExit):
        call_command("ingest_races", *paths, concurrency="1", stdout=out)

    assert f"left out: {folder}/gone.csv: no such file" in out.getvalue()


def test_queued_run_misses_a_file_too(folder):
    code, result = _ingest(folder, folder / "gone.csv", queue=True)

    assert (code, result["state"]) == (1, "queued")
    assert ImportRun.objects.get().is_file_left_out


def test_queue_takes_a_folder(folder):
    code, result = _ingest(folder, queue=True)

    assert (code, result["state"], len(result["files"])) == (0, "queued", 2)
    assert not Lap.objects.exists()


def test_nothing_at_all_is_an_error(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(NothingToImport, match="no file in it"):
        actions.take_in([empty], statement=Statement(source="test"))


def test_walk_is_ended_by_whom_it_heeds(folder):
    class Enough(Exception):
        pass

    def heed() -> None:
        if SourceFile.objects.exists():
            raise Enough

    with pytest.raises(Enough):
        actions.take_in([folder], statement=Statement(source="test"), heed=heed)
    assert SourceFile.objects.get().name == "a.csv"
