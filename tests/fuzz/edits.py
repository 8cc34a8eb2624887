"""What is done to the bytes of a file: small edits, each at a place."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: What means something to one format or another.
TOKENS = (
    b"\0", b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"\x1f", b"\\N",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xed\xa0\x80", b"\xc3", "é".encode(),
    "\u200b".encode(), "\u2028".encode(), "\uff11".encode(), b"=1+1", b"-", b"0", b"9" * 25,
    b"NaN", b"1e400", b"Infinity", b"null", b"true", b"[", b"]", b"{", b"}", b"[[[[",
    b'{"a":', b'"\\ud800"', b"<", b">", b"&", b"<!DOCTYPE x>", b"<row>", b"</c>", b"<v>",
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PAR1", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd",
    b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"a" * 300,
)  # fmt: skip
#: Chunks that are dropped, repeated and exchanged are at most so long.
MAX_CHUNK = 64


@dataclass(frozen=True)
class Edit:
    """One edit: what, where (in 65,536ths of the file), and with what."""

    kind: str
    place: int
    other: int = 0
    size: int = 1
    token: bytes = b""


def _flip(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << edit.size % 8)]) + data[at + 1 :]


def _cut(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at]


def _drop(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + data[at + edit.size :]


def _repeat(data: bytes, at: int, edit: Edit) -> bytes:
    chunk = data[at : at + edit.size]
    return data[:at] + chunk * (2 + edit.other % 3) + data[at + edit.size :]


def _swap(data: bytes, at: int, edit: Edit) -> bytes:
    other = edit.other * len(data) >> 16
    first, second = sorted((at, other))
    end = min(first + edit.size, second)
    one, two = data[first:end], data[second : second + edit.size]
    return data[:first] + two + data[end:second] + one + data[second + edit.size :]


def _insert(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + edit.token + data[at:]


def _write_over(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + edit.token + data[at + len(edit.token) :]


KINDS: dict[str, Callable[[bytes, int, Edit], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "drop": _drop,
    "repeat": _repeat,
    "swap": _swap,
    "insert": _insert,
    "write_over": _write_over,
}


def apply(edits: Sequence[Edit], data: bytes) -> bytes:
    """Give the bytes with all edits done, one after another."""
    for edit in edits:
        if data:
            data = KINDS[edit.kind](data, edit.place * len(data) >> 16, edit)
    return data


def draw(chance: random.Random) -> list[Edit]:
    """Give a few edits by chance; mostly one or two, so that much stays as it was."""
    return [
        Edit(
            kind=chance.choice(tuple(KINDS)),
            # Beginnings and ends matter most: heads, names, tables of contents.
            place=min(65_535, int(65_536 * chance.betavariate(0.5, 0.5))),
            other=chance.randrange(65_536),
            size=chance.randint(1, MAX_CHUNK),
            token=chance.choice(TOKENS),
        )
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 9)))
    ]
