"""Text that a spreadsheet would run -> the same text behind an apostrophe, and back.

What begins like a guarded cell is guarded too, so that what is undone is exactly what
was done: `'=x` goes out as `''=x`. Pure; knows no files.
"""

import re

#: A cell that begins with one of these is a formula somewhere, in full width too.
TRIGGERS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001  they are meant
GUARD = "'"

FORMULA = re.compile(f"{GUARD}*[{re.escape(TRIGGERS)}]")
#: For polars: the first group is the text without its guard.
ESCAPED = f"^{GUARD}({GUARD}*[{re.escape(TRIGGERS)}])"


def escape(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"{GUARD}{text}" if FORMULA.match(text) else text


def unescape(text: str) -> str:
    """Take away the apostrophe that `escape` has put there."""
    return re.sub(ESCAPED, r"\1", text)
