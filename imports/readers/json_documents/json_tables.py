"""A JSON document, or one object a line, -> one part for each array of objects.

Objects by lines stream and stay small. A document is held as text, its root array's
elements one at a time. No value is changed but `57.0`, which is `57`.
"""

import json
import re
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from imports.errors import EmptyFile, MalformedFile
from imports.readers.json_documents import json_text
from imports.readers.json_documents.json_rows import TOO_DEEP, Found, Tables, scan
from imports.readers.json_documents.json_text import DECODER, Line
from imports.readers.row_copy import Copied, Wrong, chars_allowed

#: Held as text and as Python values at once; lines have no such bound.
MAX_DOCUMENT_BYTES = 128 * 1024**2
BLANKS = " \t\n\r"
BLANK = re.compile(f"[{BLANKS}]*")
AROUND_NOTHING = Found()
#: What Python says of a text without its closing quote.
NEVER_CLOSED = "Unterminated string"


def open_parts(path: Path, *, scratch: Path) -> list[Copied]:
    """Give the tables of a JSON file; their rows are in scratch by then."""
    with closing(Tables(scratch=scratch, max_chars=chars_allowed(path))) as tables:
        if is_by_lines(path):
            _add_lines(path, tables=tables)
        else:
            _add_document(_text(path), tables=tables)
        parts = tables.parts()
    if not any(part.columns for part in parts):
        raise _without_columns(parts)
    return parts


def is_by_lines(path: Path) -> bool:
    """Whether each line is a value of its own: by what the first two lines hold."""
    first, second = [*islice(json_text.lines(path), 2), None, None][:2]
    if first is None:
        raise EmptyFile("The file holds nothing but blanks. Export it again.")
    if second is None:
        return False
    return _is_value(first) or (first.text[:1] == "{" and _is_object(second))


def _is_value(line: Line) -> bool:
    try:
        json.loads(line.text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_object(line: Line) -> bool:
    # A line of a document that is laid out over lines is seldom whole, or indented.
    return line.text[:1] == "{" and _is_value(line)


def _add_lines(path: Path, *, tables: Tables) -> None:
    for line in json_text.lines(path):
        value = line.problem or _decoded(line.text)
        if isinstance(value, Wrong):
            tables.table("").add_bad(line.number, value, text=line.text)
        else:
            tables.add(value, name="", around=AROUND_NOTHING, depth=0, line=line)


def _decoded(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = (
            f"The line is not JSON: {_reason(error)} at its character "
            f"{error.pos + 1:,}."
        )
        return Wrong("malformed_json", message)
    except RecursionError:
        return TOO_DEEP


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_DOCUMENT_BYTES:
        raise MalformedFile(
            f"The document has {size:,} bytes, more than {MAX_DOCUMENT_BYTES:,}. Send "
            "it as one object a line, or split it."
        )
    encoding = json_text.encoding_of(path)
    raw = path.read_bytes()
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MalformedFile(
            f"Line {line:,} is not {encoding.removesuffix('-sig').upper()} text (byte "
            f"{error.start + 1:,} of the file). Save the file as UTF-8."
        ) from None


def _add_document(text: str, *, tables: Tables) -> None:
    start = _skip_blanks(text, 0)
    if text[start : start + 1] == "[":
        end = _add_root_array(text, start, tables=tables)
    else:
        value, end = _value_at(text, start)
        _add_root_object(value, tables=tables)
    end = _skip_blanks(text, end)
    if end < len(text):
        raise MalformedFile(
            f"The document ends and more follows ({_place(text, end)}). Give every "
            "object a line of its own, or make one array of them."
        )


def _add_root_array(text: str, start: int, *, tables: Tables) -> int:
    """Take in the elements one at a time; give where the array ends."""
    place = _skip_blanks(text, start + 1)
    if text[place : place + 1] == "]":
        raise EmptyFile("The document is an empty array. Export it again.")
    while True:
        element, place = _value_at(text, place)
        tables.add(element, name="", around=AROUND_NOTHING, depth=1)
        place = _skip_blanks(text, place)
        mark = text[place : place + 1]
        if mark == "]":
            return place + 1
        if mark != ",":
            raise _malformed(text, place, "expecting ',' or ']'")
        place = _skip_blanks(text, place + 1)


def _value_at(text: str, start: int) -> tuple[Any, int]:
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        # A text that is not closed begins where it is said and goes on to the end.
        is_open = error.msg.startswith(NEVER_CLOSED)
        place = len(text) if is_open else error.pos
        raise _malformed(text, place, _reason(error)) from None
    except RecursionError:
        raise MalformedFile(
            f"{TOO_DEEP.message} It starts at {_place(text, start)}. Send it flatter."
        ) from None


def _reason(error: json.JSONDecodeError) -> str:
    """Give what Python says of it, in words that a place can follow."""
    if error.msg.startswith(NEVER_CLOSED):
        return "a text is opened and never closed"
    return error.msg[:1].lower() + error.msg[1:]


def _add_root_object(value: Any, *, tables: Tables) -> None:
    if value == {}:
        raise EmptyFile("The document is an empty object. Export it again.")
    if not isinstance(value, dict):
        raise MalformedFile(
            "The document is neither an object nor an array of objects; rows are "
            "objects with keys."
        )
    found = scan(value, prefix="", depth=0)
    if found.problem:
        raise MalformedFile(
            f"{found.problem.message} It stands around all rows. Correct it and send "
            "the file again."
        )
    tables.add_arrays(found)
    if found.arrays:
        return
    if found.has_empty_array:
        raise EmptyFile("The document's arrays are empty. Export it again.")
    tables.add(value, name="", around=AROUND_NOTHING, depth=0)


def _skip_blanks(text: str, start: int) -> int:
    found = BLANK.match(text, start)
    return found.end() if found else start


def _malformed(text: str, place: int, reason: str) -> MalformedFile:
    where = _place(text, place)
    if place >= len(text.rstrip(BLANKS)):
        return MalformedFile(
            f"The document is cut off at {where}: {reason}. Export it again."
        )
    return MalformedFile(
        f"The document is not JSON at {where}: {reason}. Correct it and send it again."
    )


def _place(text: str, place: int) -> str:
    line = text.count("\n", 0, place) + 1
    return f"line {line:,}, character {place - text.rfind(chr(10), 0, place):,}"


def _without_columns(parts: list[Copied]) -> MalformedFile:
    bad = [line for part in parts for line in part.bad_lines]
    reason = f" Row {bad[0].row_number:,}: {bad[0].message}" if bad else ""
    return MalformedFile(
        f"No row of the file can be read.{reason} Correct them and send the file again."
    )
