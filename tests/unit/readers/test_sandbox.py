"""The child that reads: it may die, and it knows nothing worth stealing."""

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imports import errors
from imports.readers.sandbox import parent as sandbox_module
from imports.readers.sandbox.frames import Message
from imports.readers.sandbox.parent import Request, Sandbox

POPEN = subprocess.Popen
LAPS = "raceId,driverId,lap,time\n1,830,1,1:34.570\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def request_of(path: Path, content: str | bytes = LAPS) -> Request:
    """Write a file and give the request to read it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Request(path=path, file_number=1, rejections_per_code=10)


def letters(messages: Iterator[Message]) -> str:
    """Give the letters of all messages; data messages may be many."""
    found = [message.letter for message in messages]
    return "".join(letter for letter in found if letter != "D")


def child_pid(sandbox: Sandbox) -> int:
    assert sandbox._child
    return sandbox._child.pid


def test_files_are_read_one_after_another_by_one_child(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first = letters(sandbox.read(request_of(tmp_path / "1")))
    pid = child_pid(sandbox)
    second = letters(sandbox.read(request_of(tmp_path / "2")))

    assert (first, second) == ("OCR", "OCR")
    assert child_pid(sandbox) == pid


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.EmptyFile),
        (b"raceId,driverId,lap,time\n", errors.EmptyFile),
        (b"shape,colour\n1,2\n", errors.UnknownLayout),
        (b"\xff\xfe\x00", errors.MalformedFile),
        (b"\x1f\x8b\x08\x00", errors.MalformedFile),
        (b"raceId,driverId,lap,time,time\n1,2,3,4,5\n", errors.MalformedFile),
    ],
)
def test_refusal_arrives_as_its_type_and_the_child_lives(
    sandbox: Sandbox, tmp_path: Path, content: bytes, error: type[errors.FileRejected]
) -> None:
    with pytest.raises(error):
        letters(sandbox.read(request_of(tmp_path / "bad", content)))

    pid = child_pid(sandbox)
    assert letters(sandbox.read(request_of(tmp_path / "good"))) == "OCR"
    assert child_pid(sandbox) == pid


def test_child_that_dies_refuses_its_file_and_a_new_one_reads_the_next(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    gone = Request(path=tmp_path / "gone", file_number=1, rejections_per_code=10)

    with pytest.raises(errors.ReaderFailed, match="No such file"):
        letters(sandbox.read(gone))

    assert letters(sandbox.read(request_of(tmp_path / "good"))) == "OCR"


def test_child_killed_between_files_is_replaced(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    letters(sandbox.read(request_of(tmp_path / "1")))
    os.kill(child_pid(sandbox), signal.SIGKILL)
    assert sandbox._child
    sandbox._child.wait()

    assert letters(sandbox.read(request_of(tmp_path / "2"))) == "OCR"


def test_child_killed_in_the_middle_of_a_file_refuses_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    laps = "".join(f"1,830,{n},1:34.570\n" for n in range(300_000))
    messages = sandbox.read(request_of(tmp_path / "big", LAPS + laps))
    next(messages)
    os.kill(child_pid(sandbox), signal.SIGKILL)

    with pytest.raises(errors.ReaderFailed):
        letters(messages)
    assert letters(sandbox.read(request_of(tmp_path / "next"))) == "OCR"


def test_reader_that_is_left_early_does_not_answer_the_next_file(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    abandoned = sandbox.read(request_of(tmp_path / "1"))
    next(abandoned)
    abandoned.close()  # type: ignore[attr-defined]

    assert letters(sandbox.read(request_of(tmp_path / "2"))) == "OCR"


def test_members_of_an_archive_are_read_one_by_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "day.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.csv", LAPS)
        archive.writestr("notes.txt", "hello")
        archive.writestr("2.csv", LAPS)
    request = Request(path=path, file_number=1, rejections_per_code=10)

    *_, result = sandbox.read(request)

    parts = result.header["parts"]
    assert [part["name"] for part in parts] == ["1.csv", "notes.txt", "2.csv"]
    assert ["layout" in part for part in parts] == [True, False, True]
    assert result.header["rows_read"] == 2


def run_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the sandbox start a child of this code."""

    def start(command: list[str], **options: Any) -> Any:
        return POPEN([sys.executable, "-c", code], **options)

    monkeypatch.setattr(sandbox_module.subprocess, "Popen", start)


def test_last_words_of_the_child_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_instead(monkeypatch, "input(); raise SystemExit('out of luck')")

    with Sandbox() as dying, pytest.raises(errors.ParserCrashed, match="out of luck"):
        letters(dying.read(request_of(tmp_path / "1")))


def test_last_words_of_one_child_are_not_told_of_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Sandbox() as dying:
        run_instead(monkeypatch, "input(); raise SystemExit('out of luck')")
        dying._end()
        with pytest.raises(errors.ReaderFailed):
            letters(dying.read(request_of(tmp_path / "1")))
        run_instead(monkeypatch, "input(); import os; os._exit(1)")

        with pytest.raises(errors.ReaderFailed, match="no reason"):
            letters(dying.read(request_of(tmp_path / "2")))


def test_answer_that_is_cut_off_is_a_death(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_instead(monkeypatch, "input(); print('R {\"rows', end='')")

    with Sandbox() as dying, pytest.raises(errors.ReaderFailed):
        letters(dying.read(request_of(tmp_path / "1")))


def test_child_has_no_secret_in_its_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://user:hush@host/db")

    with Sandbox() as sandbox:
        letters(sandbox.read(request_of(tmp_path / "1")))
        environ = Path(f"/proc/{child_pid(sandbox)}/environ").read_bytes()

    names = {entry.split(b"=")[0] for entry in environ.split(b"\0") if entry}
    assert names == {b"PYTHONPATH", b"LC_ALL", b"TMPDIR", b"POLARS_MAX_THREADS"}
    assert b"hush" not in environ


def test_child_holds_no_file_of_its_parent(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as held, Sandbox() as sandbox:
        os.set_inheritable(held.fileno(), True)
        letters(sandbox.read(request_of(tmp_path / "1")))
        folder = Path(f"/proc/{child_pid(sandbox)}/fd")
        files = {os.readlink(link) for link in folder.iterdir()}

    assert held.name not in files


def test_child_that_is_killed_leaves_no_scratch_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(sandbox_module.tempfile, "tempdir", str(scratch))
    code = "import tempfile, os; input(); tempfile.mkdtemp(); os._exit(1)"
    run_instead(monkeypatch, code)

    with Sandbox() as dying, pytest.raises(errors.ReaderFailed):
        letters(dying.read(request_of(tmp_path / "1")))

    assert list(scratch.iterdir()) == []
