"""A cell as the file writes it -> the text that every other format would give.

Numbers are the shortest form of what the program holds, dates ISO 8601, durations
seconds. An error such as `#N/A` stays as it is; no formula is computed.
"""

import math
import re
from datetime import datetime, time, timedelta

from openpyxl.utils.datetime import from_excel

from imports.readers.row_copy import Wrong
from imports.readers.workbooks.xlsx_workbook import Workbook
from imports.readers.workbooks.xlsx_xml import Cell, unescape

WHOLE = re.compile(r"-?[0-9]+")
#: Of dates that are written as text: a day without a time.
MIDNIGHT = re.compile(r"T00:00(:00(\.0+)?)?Z?$")


def text_of(cell: Cell, *, workbook: Workbook, texts: list[str]) -> str | Wrong:
    """Give the text of a cell that is not empty, or what is wrong with it."""
    raw = cell.text
    match cell.kind:
        case "n":
            return _number(raw, cell.style, workbook)
        case "s":
            if raw.isdecimal() and len(raw) < 10 and int(raw) < len(texts):
                return texts[int(raw)]
            return Wrong("malformed_row", f"There is no text number {raw[:20]!r}.")
        case "b":
            return {"1": "true", "0": "false"}.get(raw, raw)
        case "d":
            return MIDNIGHT.sub("", raw)
        case _:
            return unescape(raw)


def _number(raw: str, style: int, workbook: Workbook) -> str | Wrong:
    is_date = style in workbook.date_styles
    if WHOLE.fullmatch(raw) and not is_date:
        return raw
    try:
        number = float(raw)
    except ValueError:
        return Wrong("malformed_row", f"{raw[:40]!r} is not a number.")
    if not math.isfinite(number):
        return Wrong("not_a_finite_number", f"{raw[:40]} is not a finite number.")
    if not is_date:
        return plain(number)
    try:
        moment = from_excel(
            number, workbook.epoch, timedelta=style in workbook.duration_styles
        )
    except (OverflowError, ValueError):
        # No date that can be; the number is what the file says.
        return plain(number)
    return _moment(moment)


def plain(number: float) -> str:
    """Give the shortest text of a number; a whole one has no point."""
    return repr(number).removesuffix(".0")


def _moment(moment: object) -> str:
    if isinstance(moment, timedelta):
        return _seconds(moment)
    if isinstance(moment, datetime):
        if moment.time() == time():
            return moment.date().isoformat()
        return _without_zeros(moment.isoformat())
    return _without_zeros(moment.isoformat()) if isinstance(moment, time) else ""


def _seconds(length: timedelta) -> str:
    microseconds = length // timedelta(microseconds=1)
    whole, rest = divmod(abs(microseconds), 1_000_000)
    sign = "-" if microseconds < 0 else ""
    return f"{sign}{whole}" + (f".{rest:06}".rstrip("0") if rest else "")


def _without_zeros(text: str) -> str:
    return text.rstrip("0") if "." in text else text
