"""The child process that reads files: started here, spoken to here, ended here.

One child serves the files of a run one after another. If it dies on a file, that
file is refused and the next one gets a new child; the worker lives on.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from imports import errors
from imports.readers.frames import Message, read_messages

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Request:
    """A file to read, under the number that the run's staging knows it by."""

    path: Path
    file_number: int
    rejections_per_code: int
    #: Of the file that it corrects: the rows that were refused there.
    refused_rows: list[int] | None = None
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
            "name": self.name,
            "said": dict(self.said),
            "mappings": dict(self.mappings),
        }
        return json.dumps(fields).encode() + b"\n"


class Sandbox:
    """Reads files in a child process; use it as a context manager."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        # What the child says before it dies; open as long as the sandbox is.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        # Where it unpacks; a child that is killed cannot clear up after itself.
        self._scratch = tempfile.TemporaryDirectory(prefix="scrutineer-")

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
        child = self._child or self._start()
        assert child.stdin
        assert child.stdout
        is_answered = False
        try:
            child.stdin.write(request.as_line())
            child.stdin.flush()
            for message in read_messages(child.stdout):
                is_answered = message.letter in "RX"
                if message.letter == "X":
                    raise _refusal(message)
                yield message
        except BrokenPipeError:
            pass
        finally:
            # An answer that was not read to its end leaves the pipe unusable.
            if not is_answered:
                self._end()
        if not is_answered:
            raise errors.ReaderFailed(self._last_words())

    def _start(self) -> subprocess.Popen[bytes]:
        # What an earlier child said before it died is not this one's reason.
        self._log.seek(0)
        self._log.truncate()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "imports.readers.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self._scratch.name,
            # Nothing of ours: no secret, no database address.
            env={
                "PYTHONPATH": str(PROJECT),
                "LC_ALL": "C.UTF-8",
                "TMPDIR": self._scratch.name,
            },
            start_new_session=True,
        )
        return self._child

    def _end(self) -> None:
        if self._child is None:
            return
        child, self._child = self._child, None
        child.kill()
        child.communicate()

    def _last_words(self) -> str:
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else "it gave no reason"
        return (
            f"The reader died on this file ({reason}). Nothing of it was taken in; "
            "check the file and send it again."
        )


def _refusal(message: Message) -> errors.FileRejected:
    kind = getattr(errors, message.header["type"], errors.FileRejected)
    refusal: errors.FileRejected = kind(
        message.header["message"], parts=message.header["parts"]
    )
    return refusal
