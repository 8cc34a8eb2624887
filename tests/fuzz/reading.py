"""One input read as the child does -> what became of it, in a word; raises if wrong.

Its answer is checked as the worker checks it; where a row is a lap, none may be lost.
"""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

from imports.readers.sandbox import child
from imports.readers.sandbox.answers import Answer, refusal
from imports.readers.sandbox.frames import Message, read_messages
from imports.readers.sandbox.limits import Limits

LIMITS = Limits()


class WrongAnswer(AssertionError):
    """The reader answered what no sound reader does."""


def outcome(path: Path, *, name: str) -> str:
    """Read the file; give `read`, `read, rows refused` or the code of its refusal."""
    messages = _answer(path, name=name)
    last = messages[-1] if messages else None
    if last is None or last.letter not in "RX":
        raise WrongAnswer("The answer has no end.")
    if last.letter == "X":
        error = refusal(last)
        # Rust's own word for a file that it did not expect to be so; the child that
        # met it is ended, and the file is refused.
        is_panic = "PanicException" in str(error)
        return f"{error.code} (panic)" if is_panic else error.code
    _check_rows(messages, last.header)
    refused = last.header["rows_rejected"]
    return "read, rows refused" if refused else "read"


def _answer(path: Path, *, name: str) -> list[Message]:
    request = {
        "path": str(path),
        "file_number": 1,
        "rejections_per_code": 10,
        "name": name,
    }
    pipe = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch:
        child._answer(request, pipe=pipe, scratch=Path(scratch), limits=LIMITS)
    pipe.seek(0)
    answer = Answer()
    messages = []
    for message in read_messages(pipe):
        answer.check(message)
        messages.append(message)
    return messages


def _check_rows(messages: list[Message], result: Any) -> None:
    read, refused = result["rows_read"], result["rows_rejected"]
    if refused > read:
        raise WrongAnswer(f"{refused} of {read} rows are refused.")
    data = b"".join(message.data for message in messages)
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    is_laps = {part.get("layout") for part in result["parts"]} <= {
        "canonical.laps",
        None,
    }
    if is_laps and len(rows) != read - refused:
        raise WrongAnswer(f"{len(rows)} laps of {read} rows, {refused} refused.")
