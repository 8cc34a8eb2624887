"""Unit tests ask whether a decision is right; none of them may ask the database."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, settings

from imports.readers.sandbox import child
from imports.readers.sandbox.frames import Message, read_messages
from imports.readers.sandbox.limits import Limits

# A slow moment of the machine is no failure; the same examples in every run are.
settings.register_profile(
    "unit",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _refuse_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a unit test that connects, also one that asks for the `db` fixture."""

    def refuse(self: BaseDatabaseWrapper) -> None:
        raise AssertionError("A unit test asked for the database.")

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)
    monkeypatch.setattr(BaseDatabaseWrapper, "connect", refuse)


@dataclass(frozen=True)
class Answer:
    """What the reader says of a file, with its streams taken apart."""

    messages: list[Message]

    @property
    def result(self) -> dict[str, Any]:
        """The closing message of a file that was read, or of one that was refused."""
        return dict(self.messages[-1].header)

    @property
    def refusal(self) -> str:
        """The name of the error that the file was refused with, or nothing."""
        last = self.messages[-1]
        return str(last.header["type"]) if last.letter == "X" else ""

    @property
    def rejections(self) -> list[dict[str, Any]]:
        """The rows that were refused."""
        return list(self.result["rejections"])

    def rows(self, kind: str) -> list[dict[str, str]]:
        """Give the rows of the stream `lap` or `record`, as text."""
        columns: list[str] = []
        text = b""
        for message in self.messages:
            if message.letter == "O":
                is_wanted = message.header["kind"] == kind
                columns = message.header["columns"] if is_wanted else columns
            elif message.letter == "D" and is_wanted:
                text += message.data
        return list(csv.DictReader(io.StringIO(text.decode(), newline=""), columns))

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Give the records of a kind: their keys and, under `payload`, their values."""
        found = [row for row in self.rows("record") if row["kind"] == kind]
        return [{**row, "payload": json.loads(row["payload"])} for row in found]


Read = Callable[..., Answer]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Give a function that reads a file as the child process does, in this one."""

    def answer(content: str | bytes, **asked: Any) -> Answer:
        path = tmp_path / "file"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        request = {"path": str(path), "file_number": 1, "rejections_per_code": 1_000}
        request |= asked
        pipe = io.BytesIO()
        child._answer(request, pipe=pipe, scratch=tmp_path, limits=Limits())
        pipe.seek(0)
        return Answer(messages=list(read_messages(pipe)))

    return answer
