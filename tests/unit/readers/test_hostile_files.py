"""Files that take the reader down or over: each is refused by type, the worker lives.

The child is the real one, under real limits; its reading is `hostile_child`.
"""

import json
import os
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imports import conf, errors
from imports.readers.sandbox import answer_pipe
from imports.readers.sandbox.limits import Limits
from imports.readers.sandbox.parent import Request, Sandbox

MIB = 1024**2
HOSTILE = "tests.unit.readers.hostile_child"
LAPS = "raceId,driverId,lap,time\n1,830,1,1:34.570\n"
#: Tight, so that tests are quick; the child alone takes 60 MiB.
LIMITS = Limits(
    memory_bytes=400 * MIB,
    cpu_seconds=2,
    wall_seconds=20,
    scratch_bytes=50 * MIB,
    output_bytes=80 * MIB,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS, module=HOSTILE) as sandbox:
        yield sandbox


def read(sandbox: Sandbox, folder: Path, content: str) -> str:
    """Read a file of this content; give the letters of what comes."""
    path = folder / "file"
    path.write_text(content)
    request = Request(path=path, file_number=1, rejections_per_code=10)
    return "".join(m.letter for m in sandbox.read(request) if m.letter != "D")


def refusal(sandbox: Sandbox, folder: Path, content: str) -> errors.FileRejected:
    """Read a file that must be refused; a new child must then read a good one."""
    with pytest.raises(errors.FileRejected) as caught:
        read(sandbox, folder, content)
    assert read(sandbox, folder, LAPS) == "OCR"
    return caught.value


@pytest.mark.parametrize(
    ("deed", "code", "words"),
    [
        ("eat_memory", "parser_oom", "more than 400 MiB"),
        ("eat_memory_in_rust", "parser_oom", "more than 400 MiB"),
        ("eat_shared_memory", "parser_oom", "Split|split"),
        ("recurse", "malformed_file", "nests too deeply"),
        ("panic", "parser_crash", "index out of bounds"),
        ("spin", "parser_timeout", "2 seconds of CPU time"),
        ("segfault", "parser_crash", "SIGSEGV"),
        ("abort", "parser_crash", "SIGABRT"),
        ("leave", "parser_crash", "no reason"),
        ("fill_file", "parser_crash", "File too large"),
        ("fill_disk", "reader_output_too_large", "on disk more than 50 MiB"),
        ("open_files", "parser_crash", "Too many open files"),
        ("flood_stream", "reader_output_too_large", "gives more than 64 MiB"),
        ("endless_line", "reader_output_too_large", "more than 32 MiB"),
    ],
)
def test_death_is_told_by_its_type(
    sandbox: Sandbox, tmp_path: Path, deed: str, code: str, words: str
) -> None:
    error = refusal(sandbox, tmp_path, deed)

    assert error.code == code
    assert error.args[0].count("Nothing of it was taken in") == (code[0] in "pr")
    with pytest.raises(errors.FileRejected, match=words):
        raise error


@pytest.mark.parametrize("deed", ["hang", "trickle"])
def test_child_that_gives_nothing_is_ended(tmp_path: Path, deed: str) -> None:
    limits = replace(LIMITS, wall_seconds=2)
    with Sandbox(limits, module=HOSTILE) as sandbox:
        error = refusal(sandbox, tmp_path, deed)

    assert error.code == "parser_timeout"


def test_time_of_the_parent_is_not_the_childs(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(LAPS + "1,830,2,1:34.570\n" * 200_000)
    request = Request(path=path, file_number=1, rejections_per_code=10)

    with Sandbox(replace(LIMITS, wall_seconds=3)) as sandbox:
        messages = sandbox.read(request)
        next(messages)
        time.sleep(4)

        assert [m.letter for m in messages][-1] == "R"


def test_child_that_closes_its_pipe_and_stays_is_ended(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.readers.sandbox.parent.DYING_SECONDS", 0.2)

    assert refusal(sandbox, tmp_path, "close_and_stay").code == "parser_crash"


def test_each_file_has_the_whole_cpu_time(sandbox: Sandbox, tmp_path: Path) -> None:
    soft = []
    for _ in range(2):
        read(sandbox, tmp_path, LAPS)
        assert sandbox._child
        limit = resource.prlimit(sandbox._child.pid, resource.RLIMIT_CPU)
        soft.append(limit[0])

    assert all(2 <= seconds <= 10 for seconds in soft)


RESULT = {
    "layout": "x",
    "columns": [],
    "parts": [],
    "rows_read": 1,
    "rows_rejected": 0,
    "lap_columns": [],
    "corrected_rows": [],
    "rejections": [],
    "notices": [],
}


REJECTION = {
    "row_number": 2,
    "first_row": None,
    "part": "",
    "column": "lap",
    "code": "not_a_lap",
    "message": "lap is 'x'.",
    "original": {"lap": "x"},
}


def result(**fields: object) -> str:
    return f"R {json.dumps(RESULT | fields)}\n"


@pytest.mark.parametrize(
    "answer",
    [
        "\n",
        "nonsense\n",
        "R\n",
        "R [1]\n",
        "R " + "[" * 100_000 + "\n",
        "Q {}\n",
        'D {"size": 10000000000}\n',
        'O {"kind": "lap", "columns": ["a"]}\nD {"size": 10000000000}\n',
        'O {"kind": "lap", "columns": ["a"]}\nD {"size": -1}\n',
        'O {"kind": "lap", "columns": ["a"]}\nD {"size": true}\n',
        'O {"kind": "lap", "columns": ["a"]}\nD {}\n',
        'O {"kind": "lap", "columns": ["a"]}\nO {"kind": "lap", "columns": ["a"]}\n',
        'O {"kind": "lap"}\n',
        'O {"kind": "lap", "columns": "abc"}\n',
        'O {"kind": "lap", "columns": ["a; DROP TABLE x"]}\n',
        "C {}\n",
        'O {"kind": "lap", "columns": ["a"]}\n' + result(),
        result(rows_read=-1),
        result(rows_read=2**63),
        result(rows_read=1.5),
        result(rows_read=True),
        result(layout="x" * 201),
        result(layout="a\x00"),
        result(columns=["\ud800"]),
        result(lap_columns=[1]),
        result(parts=[{"name": 1}]),
        result(parts=[{"name": "a", "error": "b"}]),
        result(parts=[{"name": "a", "samples": 1}]),
        result(parts=[{"name": "a", "columns": ["b"], "samples": [[]]}]),
        result(parts=[{"name": "a", "laps_stated": "many"}]),
        result(rejections=[{}]),
        result(rejections=[REJECTION | {"id": 1}]),
        result(rejections=[REJECTION | {"part": "x" * 301}]),
        result(notices=[{"code": "a", "message": "b", "rows": float("nan")}]),
        result(notices=[{"code": "a", "message": "b", "more": ["\x00"]}]),
        'X {"type": "Any", "message": "", "parts": []}\n',
        'X {"type": "PlanOutdated", "message": "", "parts": []}\n',
        'X {"type": "EmptyFile", "message": 1, "parts": []}\n',
        'X {"type": "EmptyFile", "message": ""}\n',
        "\xff\n",
    ],
)
def test_answer_that_cannot_be_is_a_crash(
    sandbox: Sandbox, tmp_path: Path, answer: str
) -> None:
    with pytest.raises(errors.ParserCrashed):
        read(sandbox, tmp_path, f"say {answer}")


def test_sound_answer_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    answer = result(rejections=[REJECTION])

    assert read(sandbox, tmp_path, f"say {answer}") == "R"
    # It ends by itself; the next test shall not meet it on its way.
    sandbox._end()


def test_what_is_said_behind_an_answer_is_not_of_the_next_file(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(errors.EmptyFile, match="one"):
        read(sandbox, tmp_path, "say_twice")

    assert read(sandbox, tmp_path, LAPS) == "OCR"


def test_flood_takes_no_memory_of_the_worker(sandbox: Sandbox, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    refusal(sandbox, tmp_path, "flood_stream")

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


def test_small_file_may_give_little(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_pipe, "FREE_OUTPUT_BYTES", MIB)

    error = refusal(sandbox, tmp_path, "flood_stream")

    assert "more than 1 MiB" in str(error)


def test_reader_can_reach_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://user:hush@host/db")
    # As a PostgreSQL listens in its folder.
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        question = json.dumps([str(tmp_path / ".s.PGSQL.5432"), os.getpid()])

        found = json.loads(str(refusal(sandbox, tmp_path, f"pry {question}")))

    # Polars sets that one itself, for its allocator.
    environment = {*found.pop("environment")} - {"_RJEM_MALLOC_CONF"}
    assert environment == {"LC_ALL", "POLARS_MAX_THREADS", "PYTHONPATH", "TMPDIR"}
    if not found.pop("is_confined"):
        pytest.skip("This kernel takes no filter; an audit hook stands in for it.")
    assert (found.pop("thread"), found.pop("kill_self")) == ("done", "done")
    assert set(found.values()) == {"PermissionError", "Operation not permitted"}


def test_settings_have_the_defaults_of_the_limits() -> None:
    for name, value in vars(Limits()).items():
        assert conf.DEFAULTS[f"READER_{name.upper()}"] == value
