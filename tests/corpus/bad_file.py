"""What a file of the corpus is: its bytes, made on demand, and what is expected of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

LAPS = "meeting,race,entrant,lap,time"


@dataclass(frozen=True)
class BadFile:
    """One file; either it is refused (`error`) or read but for some of its rows."""

    name: str
    content: Callable[[], bytes]
    fault: str
    #: The code that it is refused with, or two that are both right; nothing where it
    #: is read. `partly:` and a code where some of its tables are read.
    error: str = ""
    #: What its message says, or that of its first refused row: the place, above all.
    says: str = ""
    rows: int = 0
    #: Row numbers and codes, in order.
    rejections: tuple[tuple[int, str], ...] = ()
    #: How many rows are refused, where they are too many to list.
    rejected: int = 0
    #: A notice that it must get.
    notice: str = ""
    #: Takes gigabytes or seconds: only for `make corpus`.
    is_heavy: bool = False

    @property
    def refused_rows(self) -> int:
        """How many rows are refused."""
        return self.rejected or len(self.rejections)

    def is_said(self, message: str) -> bool:
        """Whether the message names what it should."""
        return re.search(self.says, message) is not None


def lines(*rows: str, header: str = LAPS, end: str = "\n") -> bytes:
    """Give the bytes of a CSV file."""
    return (end.join([header, *rows]) + end).encode()


def given(content: bytes | str) -> Callable[[], bytes]:
    """Give what makes these bytes."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda: data


def lap(number: int, *, race: str = "1", entrant: str = "7", time: str = "") -> str:
    """Give a good row of laps."""
    return f"Ashford,{race},{entrant},{number},{time or f'1:{30 + number % 30}.{number % 1000:03}'}"


def laps(count: int, *, race: str = "1", first: int = 1) -> list[str]:
    """Give good rows of laps."""
    return [lap(number, race=race) for number in range(first, first + count)]
