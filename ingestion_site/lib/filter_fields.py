"""What a filter's value may be written as: text in, a value out, or a reason why not.

Each kind of value is read by one pattern, so that nothing is taken for what it may not
be meant as (`1_000`, `12.0`, `10/11/2022`), and says in OpenAPI what it takes.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

BIGGEST_ID = 2**63 - 1
#: Values of one `__in`.
MOST_VALUES = 100

Schema = dict[str, Any]


class NotMeant(ValueError):
    """The text is no such value; the message says what would be."""


@dataclass(frozen=True)
class Kind:
    """A kind of value: how it is read, how it is described, whether it has an order."""

    read: Callable[[str], Any]
    schema: Schema
    is_ordered: bool = False
    #: Whether one value may be a list of several.
    is_listed: bool = True


def whole_number(least: int, most: int, *, is_id: bool = False) -> Kind:
    """Give whole numbers between bounds."""

    def read(text: str) -> int:
        # 19 digits: int() takes time for long ones, and more than ASCII digits.
        if re.fullmatch(r"-?[0-9]{1,19}", text) and least <= int(text) <= most:
            return int(text)
        raise NotMeant(f"not a whole number from {least} to {most}")

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Kind(read, schema, is_ordered=not is_id)


def number(least: int, most: int) -> Kind:
    """Give numbers between bounds, with a fraction or without."""

    def read(text: str) -> Decimal:
        pattern = r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?"
        if re.fullmatch(pattern, text) and least <= Decimal(text) <= most:
            return Decimal(text)
        raise NotMeant(f"not a number from {least} to {most}")

    schema = {"type": "number", "minimum": least, "maximum": most}
    return Kind(read, schema, is_ordered=True)


def text(longest: int) -> Kind:
    """Give text as it is stored: in Unicode NFC, its blanks kept."""

    def read(value: str) -> str:
        if "\x00" in value:
            raise NotMeant("holds a NUL character, which no value has")
        if len(value) > longest:
            raise NotMeant(f"longer than {longest} characters")
        return unicodedata.normalize("NFC", value)

    schema = {
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
    }
    return Kind(read, schema)


def one_of(*values: str) -> Kind:
    """Give one of a few words."""

    def read(value: str) -> str:
        if value in values:
            return value
        raise NotMeant(f"not one of {', '.join(values)}")

    return Kind(read, {"type": "string", "enum": list(values)})


def _truth(value: str) -> bool:
    if value in ("true", "false"):
        return value == "true"
    raise NotMeant("neither true nor false")


def _date(value: str) -> dt.date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise NotMeant("not a date such as 2022-03-20")


EARLIEST = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"([Zz]|[-+][0-9]{2}:[0-9]{2})?)?"
)


def _moment(value: str) -> dt.datetime:
    """Read a date or a time of a date, UTC unless it says otherwise."""
    found = MOMENT.fullmatch(value)
    if found is None:
        raise NotMeant(
            "not a time such as 2022-03-20T15:00:00Z (a + in an address is written %2B)"
        )
    day, clock, zone = found.groups()
    try:
        offset = "+00:00" if not zone or zone in "Zz" else zone
        moment = dt.datetime.fromisoformat(f"{day}T{_padded(clock)}{offset}")
    except ValueError:
        raise NotMeant("not a time that there is") from None
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        # Nothing stored lies between it and what can be told.
        return EARLIEST if moment.year < 2 else moment.replace(tzinfo=dt.UTC)


def _padded(clock: str | None) -> str:
    """Give the time of day with all its digits; fromisoformat takes 3 or 6 of them."""
    whole, _, fraction = (clock or "00:00").partition(".")
    seconds = "" if len(whole) > 5 else ":00"
    return f"{whole}{seconds}.{fraction:0<6}"


TRUTH = Kind(_truth, {"type": "boolean"}, is_listed=False)
DATE = Kind(_date, {"type": "string", "format": "date"}, is_ordered=True)
MOMENTS = Kind(
    _moment,
    {"type": "string", "format": "date-time"},
    is_ordered=True,
    is_listed=False,
)
ID = whole_number(0, BIGGEST_ID, is_id=True)
