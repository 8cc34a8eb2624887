"""The frames that the child sends through its pipe: JSON headers, CSV data.

A message is one line, `<letter> <JSON>`, followed by `size` bytes for data:

    O {"kind", "columns"}   a stream of CSV rows opens
    D {"size"}              that many bytes of it follow
    C {"rows"}              it is whole
    R {…}                   the file is done: what was read
    X {"type", "message"}   the file is refused: a class of imports.errors

A stream that is not closed is not whole: the child died, and what came is dropped.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True)
class Message:
    """One message: its letter, its header, and the bytes of a data message."""

    letter: str
    header: Mapping[str, Any]
    data: bytes = b""


def write_message(
    pipe: IO[bytes],
    letter: str,
    header: Mapping[str, Any],
    data: bytes | memoryview = b"",
) -> None:
    """Send one message."""
    pipe.write(f"{letter} {json.dumps(header)}\n".encode())
    pipe.write(data)


def read_messages(pipe: IO[bytes]) -> Iterator[Message]:
    """Give the messages of one file, up to its R or X; ends early if the pipe does.

    A message that the pipe cuts off is none.
    """
    while (line := pipe.readline()).endswith(b"\n"):
        letter, _, text = line.decode().partition(" ")
        header = json.loads(text)
        size = header["size"] if letter == "D" else 0
        data = pipe.read(size)
        if len(data) < size:
            return
        yield Message(letter=letter, header=header, data=data)
        if letter in "RX":
            return


class StreamWriter(io.RawIOBase):
    """A file that polars can sink into; what it gets goes out as data messages."""

    def __init__(self, pipe: IO[bytes], *, kind: str, columns: list[str]) -> None:
        self._pipe = pipe
        self.rows = 0
        write_message(pipe, "O", {"kind": kind, "columns": columns})

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        size = memoryview(data).nbytes
        write_message(self._pipe, "D", {"size": size}, data)
        return size

    def finish(self) -> None:
        """Say that the stream is whole."""
        write_message(self._pipe, "C", {})
