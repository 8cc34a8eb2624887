"""Whether what came from the child is what a sound child sends.

A file may have taken the child over. So each message is checked in its turn before
the worker uses it: its place among the others, its fields, text that can be stored.
Anything else is a ParserCrashed. The rows themselves are COPY's to check.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from imports import errors
from imports.readers.rejects import MAX_PART_CHARS
from imports.readers.sandbox import deaths
from imports.readers.sandbox.frames import Message

#: Numbers end here, as those of the database do.
INT64_MAX = 2**63 - 1
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
MAX_MESSAGE_CHARS = 4_000
#: PostgreSQL stores no NUL, and halves of characters are no text.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: Letter -> whether it may come only in an open stream; X may always come.
IN_STREAM = {"O": False, "D": True, "C": True, "R": False}

Check = Callable[[Any], bool]


def is_count(value: Any) -> bool:
    """Whether it is a whole number that the database takes, not below zero."""
    return type(value) is int and 0 <= value <= INT64_MAX


def is_text(value: Any) -> bool:
    """Whether it is text that the database takes."""
    return isinstance(value, str) and not UNSTORABLE.search(value)


def is_name(value: Any) -> bool:
    """Whether it can be a kind or a column of ours."""
    return isinstance(value, str) and bool(NAME.fullmatch(value))


def is_word(value: Any) -> bool:
    """Whether it is a short text, as codes and names of layouts are."""
    return is_text(value) and len(value) <= 50


def is_column(value: Any) -> bool:
    """Whether it is text as long as the name of a column may be."""
    return is_text(value) and len(value) <= 200


def is_list_of(check: Check) -> Check:
    """Give the check of a list."""
    return lambda value: isinstance(value, list) and all(map(check, value))


def is_storable(value: Any) -> bool:
    """Whether it is JSON that the database takes, at any depth."""
    if isinstance(value, dict):
        return all(map(is_storable, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(is_storable, value))
    if isinstance(value, float):
        # Python reads NaN and Infinity; they are no JSON.
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int)) or is_text(value)


def has(fields: Mapping[str, Check]) -> Check:
    """Give the check of an object with these fields, and perhaps others."""

    def check(value: Any) -> bool:
        return isinstance(value, dict) and all(
            name in value and is_right(value[name]) for name, is_right in fields.items()
        )

    return check


def has_only(fields: Mapping[str, Check]) -> Check:
    """Give the check of an object with these fields and no others."""
    is_right = has(fields)
    return lambda value: is_right(value) and value.keys() == fields.keys()


def has_where_named(fields: Mapping[str, Check]) -> Check:
    """Give the check of an object whose fields are right where it has them."""
    return lambda value: (
        isinstance(value, dict)
        and all(fields[name](value[name]) for name in fields.keys() & value.keys())
    )


is_original: Check = lambda value: (  # noqa: E731
    isinstance(value, dict)
    and all(map(is_text, value))
    and all(cell is None or is_text(cell) for cell in value.values())
)
#: They become fields of a row of ours, so there are no others.
is_rejection = has_only(
    {
        "row_number": is_count,
        "first_row": lambda value: value is None or is_count(value),
        "part": lambda value: is_text(value) and len(value) <= MAX_PART_CHARS,
        "column": is_column,
        "code": is_word,
        "message": is_text,
        "original": is_original,
    }
)
is_refused_part = has({"name": is_text, "error": is_word, "message": is_text})
is_read_part = has({"name": is_text})
#: What a page or a query takes from a table, if it is there.
is_described_part = has_where_named(
    {
        "layout": is_text,
        "columns": is_list_of(is_text),
        "is_aside": lambda value: isinstance(value, bool),
        "samples": is_list_of(is_list_of(lambda cell: cell is None or is_text(cell))),
        **dict.fromkeys(
            (
                "rows_before",
                "rows_read",
                "rows_rejected",
                "rows_silent",
                "laps_stated",
                "laps_rejected",
            ),
            is_count,
        ),
    }
)


def is_part(value: Any) -> bool:
    """Whether it is what became of a table: of one that was refused, also why."""
    return (
        is_read_part(value)
        and is_described_part(value)
        and ("error" not in value or is_refused_part(value))
        and _are_samples_of_columns(value)
    )


def _are_samples_of_columns(part: Mapping[str, Any]) -> bool:
    """Whether each sample has a cell for each column."""
    width = len(part.get("columns", ()))
    return all(len(row) == width for row in part.get("samples", ()))


is_notice = has({"code": is_word, "message": is_text})

#: Letter -> what its header must hold.
SHAPES: dict[str, Mapping[str, Check]] = {
    "O": {"kind": is_name, "columns": is_list_of(is_name)},
    "D": {"size": is_count},
    "C": {},
    "R": {
        "layout": is_column,
        "columns": is_list_of(is_text),
        "parts": is_list_of(is_part),
        "rows_read": is_count,
        "rows_rejected": is_count,
        "lap_columns": is_list_of(is_name),
        "corrected_rows": is_list_of(is_count),
        "rejections": is_list_of(is_rejection),
        "notices": is_list_of(is_notice),
    },
    "X": {"type": is_text, "message": is_text, "parts": is_list_of(is_part)},
}


class Answer:
    """What the child has said of one file so far."""

    def __init__(self) -> None:
        self._is_open = False

    def check(self, message: Message) -> None:
        """Refuse a message that cannot come here; raises ParserCrashed."""
        letter = message.letter
        if letter not in SHAPES:
            raise deaths.bad_message("an unknown letter")
        if IN_STREAM.get(letter, self._is_open) != self._is_open:
            raise deaths.bad_message(f"{letter} out of its turn")
        for name, is_right in SHAPES[letter].items():
            if name not in message.header or not is_right(message.header[name]):
                raise deaths.bad_message(f"{letter} with a wrong {name!r}")
        if not is_storable(message.header):
            raise deaths.bad_message(f"{letter} with text that cannot be stored")
        self._is_open = letter in "OD"


def refusal(message: Message) -> errors.FileRejected:
    """Give the error that an X names."""
    kind = getattr(errors, message.header["type"], None)
    if not (isinstance(kind, type) and issubclass(kind, errors.FileRejected)):
        raise deaths.bad_message("an unknown error")
    return kind(
        message.header["message"][:MAX_MESSAGE_CHARS], parts=message.header["parts"]
    )
