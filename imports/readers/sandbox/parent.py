"""The child process that reads files: started here, spoken to here, ended here.

One child serves the files of a run one after another. If it dies on a file, that
file is refused and the next one gets a new child; the worker lives on.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from imports import errors
from imports.readers.sandbox import deaths
from imports.readers.sandbox.answer_pipe import AnswerPipe
from imports.readers.sandbox.answers import Answer
from imports.readers.sandbox.answers import refusal as refusal_of
from imports.readers.sandbox.frames import Message, read_messages
from imports.readers.sandbox.limits import Limits

PROJECT = Path(__file__).resolve().parents[3]
#: What runs in the child.
CHILD = "imports.readers.sandbox.child"
MAX_THREADS = 4
#: Between the end of its answer and its own: it may still be writing why.
DYING_SECONDS = 5
MAX_WORDS_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """A file to read, under the number that the run's staging knows it by."""

    path: Path
    file_number: int
    rejections_per_code: int
    #: Of the file that it corrects: the rows that were refused there.
    refused_rows: list[int] | None = None
    #: The tables there that have them: `name`, `columns`, `rows`.
    refused_tables: list[dict[str, Any]] = field(default_factory=list)
    #: As its uploader called it: its ending promises a format.
    name: str = ""
    #: What the uploader says of all of it: the keys of its meeting and race.
    said: Mapping[str, str] = field(default_factory=dict)
    #: Mappings of columns: the one that is `asked` for, those that are `known`.
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def as_line(self) -> bytes:
        """Give the request as one line of JSON."""
        fields = {
            "path": str(self.path),
            "file_number": self.file_number,
            "rejections_per_code": self.rejections_per_code,
            "refused_rows": self.refused_rows,
            "refused_tables": self.refused_tables,
            "name": self.name,
            "said": dict(self.said),
            "mappings": dict(self.mappings),
        }
        return json.dumps(fields).encode() + b"\n"


class Sandbox:
    """Reads files in a child process; use it as a context manager."""

    def __init__(self, limits: Limits | None = None, *, module: str = CHILD) -> None:
        self._limits = limits or Limits()
        self._module = module
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: AnswerPipe | None = None
        # What the child says before it dies; open as long as the sandbox is.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._scratch = _scratch_folder()

    def __enter__(self) -> "Sandbox":
        # Its start overlaps with the caller's own preparations.
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._log.close()
        self._scratch.cleanup()

    def read(self, request: Request) -> Generator[Message]:
        """Give the messages of one file up to R; raises FileRejected on X or death."""
        pipe = self._ready_pipe()
        answer = Answer()
        is_answered = False
        try:
            pipe.begin_file(size_bytes=_size(request.path))
            pipe.send(request.as_line())
            for message in read_messages(pipe):
                answer.check(message)
                if message.letter == "X":
                    refusal = refusal_of(message)
                    # One that was short of memory, or worse, reads no other file.
                    is_answered = not isinstance(refusal, errors.ReaderFailed)
                    raise refusal
                is_answered = message.letter == "R"
                yield message
            if not is_answered:
                raise self._death()
        except BrokenPipeError:
            raise self._death() from None
        finally:
            # An answer that was not read to its end leaves the pipe unusable.
            if not is_answered:
                self._end()

    def _ready_pipe(self) -> AnswerPipe:
        # What was said behind an answer is no part of the next, and a child that died
        # after one is no fault of the next file.
        if self._pipe and not (self._pipe.is_drained and self._is_alive()):
            self._end()
        child = self._child or self._start()
        if self._pipe is None:
            assert child.stdin
            assert child.stdout
            self._pipe = AnswerPipe(
                requests=child.stdin,
                answers=child.stdout,
                limits=self._limits,
                scratch_used=self._scratch_used,
            )
        return self._pipe

    def _is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _start(self) -> subprocess.Popen[bytes]:
        # What an earlier child said before it died is not this one's reason.
        self._log.seek(0)
        self._log.truncate()
        self._child = subprocess.Popen(
            [sys.executable, "-m", self._module, self._limits.as_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self._scratch.name,
            # Nothing of ours: no secret, no database address.
            env={
                "PYTHONPATH": str(PROJECT),
                "LC_ALL": "C.UTF-8",
                "TMPDIR": self._scratch.name,
                # Each takes memory of its own, and the pipe is slower than four.
                "POLARS_MAX_THREADS": str(min(MAX_THREADS, os.cpu_count() or 1)),
            },
            start_new_session=True,
        )
        return self._child

    def _end(self) -> None:
        self._pipe = None
        if self._child is None:
            return
        child, self._child = self._child, None
        child.kill()
        child.communicate()
        # A child that is killed cannot clear up after itself.
        self._scratch.cleanup()
        self._scratch = _scratch_folder()

    def _death(self) -> errors.FileRejected:
        """Say why the child has ended its answer; it is ending, or is made to."""
        assert self._child
        try:
            code = self._child.wait(timeout=DYING_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        return deaths.of_exit(code, words=self._last_words(), limits=self._limits)

    def _last_words(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - MAX_WORDS_BYTES))
        return self._log.read(MAX_WORDS_BYTES).decode(errors="replace")

    def _scratch_used(self) -> int:
        written = os.fstat(self._log.fileno()).st_size
        for folder, _, names in os.walk(self._scratch.name):
            for name in names:
                try:
                    written += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    continue
        return written


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="scrutineer-")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
