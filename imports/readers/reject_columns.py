"""The download of rejected rows: the columns that it adds, and how it escapes cells.

It has the file's own columns in their order, then the four of `COLUMNS`. Those names
are ours in every file: a file that has one of them is a download that comes back.
"""

import re
from collections.abc import Collection

ROW_NUMBER = "reject_row_number"
CODE = "reject_code"
MESSAGE = "reject_message"
ORIGINAL_TEXT = "reject_original_text"
COLUMNS = (ROW_NUMBER, CODE, MESSAGE, ORIGINAL_TEXT)

#: A spreadsheet would run such a cell as a formula. Cells that begin like an escaped
#: one are escaped too, so that what is undone is exactly what was done.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
ESCAPED = r"^'('*[=+\-@\t\r\n])"


def escape(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def unescape(text: str) -> str:
    """Take away the apostrophe that `escape` has put there."""
    return re.sub(ESCAPED, r"\1", text)


def is_download(columns: Collection[str]) -> bool:
    """Whether a file with these columns is a download of rejected rows."""
    return bool(set(COLUMNS) & set(columns))
