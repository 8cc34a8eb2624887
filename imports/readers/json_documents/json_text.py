"""JSON text -> values whose numbers are the text that the file writes.

Nothing raises inside a value: a NaN, a number out of all bounds and a repeated key stay
where they are, as a `Wrong` that the row's reader meets. So the rest can be read.
"""

import codecs
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imports.errors import MalformedFile
from imports.readers.row_copy import UNSTORABLE, Wrong

MAX_DIGITS = 4_300
MAX_LINE_BYTES = 16 * 1024**2
WHOLE = re.compile(r"(-?[0-9]+)\.0+")
ENDS = "\r\n"
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Number(str):
    """A number, as the file writes it: `57.0` is `57`, all else is kept."""

    __slots__ = ()


@dataclass(frozen=True)
class Line:
    """A line of a file: its text, or why it has none."""

    number: int
    text: str
    problem: Wrong | None = None


def encoding_of(path: Path) -> str:
    """Give the encoding that the file's first bytes say: UTF-8 where they say none."""
    with path.open("rb") as file:
        start = file.read(4)
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise MalformedFile("The file is UTF-32 text. Save it as UTF-8.")
    return next((name for bom, name in BOMS.items() if start.startswith(bom)), "utf-8")


def lines(path: Path) -> Iterator[Line]:
    """Give every line that is not blank, with its number from 1."""
    encoding = encoding_of(path)
    if encoding == "utf-16":
        yield from _utf16_lines(path)
        return
    with path.open("rb") as file:
        if encoding == "utf-8-sig":
            file.seek(len(codecs.BOM_UTF8))
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(MAX_LINE_BYTES)
                yield Line(number, "", too_long())
            elif not raw.isspace():
                yield _decoded(number, raw)


def too_long() -> Wrong:
    """Say that a line is longer than any row."""
    return Wrong(
        "line_too_long", f"The line is longer than {MAX_LINE_BYTES:,} bytes. Split it."
    )


def _decoded(number: int, raw: bytes) -> Line:
    try:
        return Line(number, raw.decode().rstrip(ENDS))
    except UnicodeDecodeError as error:
        message = f"The line is not UTF-8 text (its byte {error.start + 1:,})."
        return Line(
            number,
            raw.decode(errors="replace").rstrip(ENDS),
            Wrong("not_utf8", message),
        )


def _utf16_lines(path: Path) -> Iterator[Line]:
    number = 0
    with path.open(encoding="utf-16", newline="\n") as file:
        try:
            while text := file.readline(MAX_LINE_BYTES):
                number += 1
                if len(text) == MAX_LINE_BYTES and not text.endswith("\n"):
                    raise MalformedFile(f"Line {number:,}: {too_long().message}")
                if not text.isspace():
                    yield Line(number, text.rstrip(ENDS))
        except UnicodeError:
            raise MalformedFile(
                f"Line {number + 1:,} or one soon after it is not UTF-16 text. Save the "
                "file as UTF-8."
            ) from None


def _whole(literal: str) -> Number | Wrong:
    if len(literal) > MAX_DIGITS:
        return Wrong(
            "not_a_finite_number",
            f"A number has {len(literal):,} digits, more than {MAX_DIGITS:,}.",
        )
    return Number(literal)


def _decimal(literal: str) -> Number | Wrong:
    if len(literal) > MAX_DIGITS or not math.isfinite(float(literal)):
        message = f"{literal[:40]} is a number out of all bounds."
        return Wrong("not_a_finite_number", message)
    if literal[-1] == "0" and (whole := WHOLE.fullmatch(literal)):
        return Number(whole[1])
    return Number(literal)


def _constant(literal: str) -> Wrong:
    return Wrong("not_a_finite_number", f"{literal} is no number that JSON knows.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        # Adds while it looks: the first name that was there before.
        repeated = next(n for n, _ in pairs if n in seen or seen.add(n))  # type: ignore[func-returns-value]
        message = f"The key {repeated!r} is there more than once."
        found[repeated] = Wrong("duplicate_key", message)
    return found


#: For text as `decode` of the standard library takes it, and for values one by one.
DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_decimal,  # type: ignore[arg-type]
    parse_int=_whole,  # type: ignore[arg-type]
    parse_constant=_constant,
)


def dump(value: Any) -> str:
    """Give a value as JSON text again, its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Wrong):
        return json.dumps(f"({value.message})")
    if isinstance(value, dict):
        inside = (f"{json.dumps(k)}:{dump(v)}" for k, v in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    # Half a character cannot be stored; its escape can.
    is_plain = not (isinstance(value, str) and UNSTORABLE.search(value))
    return json.dumps(value, ensure_ascii=not is_plain)
