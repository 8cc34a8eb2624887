"""The download of rejected rows: the columns that it adds.

It has the file's own columns in their order, then the four of `COLUMNS`. Those names
are ours in every file: a file that has one of them is a download that comes back.
"""

from collections.abc import Collection

ROW_NUMBER = "reject_row_number"
CODE = "reject_code"
MESSAGE = "reject_message"
ORIGINAL_TEXT = "reject_original_text"
COLUMNS = (ROW_NUMBER, CODE, MESSAGE, ORIGINAL_TEXT)


def is_download(columns: Collection[str]) -> bool:
    """Whether a file with these columns is a download of rejected rows."""
    return bool(set(COLUMNS) & set(columns))
