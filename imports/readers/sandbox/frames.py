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
from typing import IO, Any, Protocol

from imports.errors import ParserCrashed

#: A header holds at most every refused row that is kept.
MAX_HEADER_BYTES = 32 * 1024**2
#: So much of a stream is in one message, however much polars writes at once.
DATA_BYTES = 1024**2


@dataclass(frozen=True)
class Message:
    """One message: its letter, its header, and the bytes of a data message."""

    letter: str
    header: Mapping[str, Any]
    data: bytes = b""


class Readable(Protocol):
    """What messages can be read from."""

    def readline(self, size: int, /) -> bytes:
        """Give a line with its end, or what there is before the pipe ends."""

    def read(self, size: int, /) -> bytes:
        """Give so many bytes, fewer where the pipe ends."""


def write_message(
    pipe: IO[bytes],
    letter: str,
    header: Mapping[str, Any],
    data: bytes | memoryview = b"",
) -> None:
    """Send one message."""
    pipe.write(f"{letter} {json.dumps(header)}\n".encode())
    pipe.write(data)


def read_messages(pipe: Readable) -> Iterator[Message]:
    """Give the messages of one file, up to its R or X; ends early if the pipe does.

    A message that the pipe cuts off is none; one that is no message is a
    ParserCrashed.
    """
    while (line := pipe.readline(MAX_HEADER_BYTES)).endswith(b"\n"):
        letter, header = _parsed(line)
        size = _data_size(header) if letter == "D" else 0
        data = pipe.read(size)
        if len(data) < size:
            return
        yield Message(letter=letter, header=header, data=data)
        if letter in "RX":
            return


def _parsed(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        letter, _, text = line.decode().partition(" ")
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise _not_a_message() from None
    if len(letter) != 1 or not isinstance(header, dict):
        raise _not_a_message()
    return letter, header


def _data_size(header: Mapping[str, Any]) -> int:
    size = header.get("size")
    if type(size) is not int or not 0 <= size <= DATA_BYTES:
        raise _not_a_message()
    return size


def _not_a_message() -> ParserCrashed:
    return ParserCrashed(
        "The reader sent what is no message while it read this file. Nothing of it was "
        "taken in; check the file and send it again."
    )


class StreamWriter(io.RawIOBase):
    """A file that polars can sink into; what it gets goes out as data messages."""

    def __init__(self, pipe: IO[bytes], *, kind: str, columns: list[str]) -> None:
        self._pipe = pipe
        self.rows = 0
        write_message(pipe, "O", {"kind": kind, "columns": columns})

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        rest = memoryview(data).cast("B")
        size = rest.nbytes
        while rest:
            part, rest = rest[:DATA_BYTES], rest[DATA_BYTES:]
            write_message(self._pipe, "D", {"size": part.nbytes}, part)
        return size

    def finish(self) -> None:
        """Say that the stream is whole."""
        write_message(self._pipe, "C", {})
