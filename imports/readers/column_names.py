"""What a column is called -> its name in our tables, alike in every format.

A table that was sent as CSV comes back as JSON or Parquet with the blanks that its
header had around the names, and with columns that have none.
"""

#: What may stand around a name. Python's own strip takes some control characters too.
BLANKS = " \t\r\n\u00a0\ufeff"


def plain(name: str, *, place: int) -> str:
    """Give the name without blanks around it; one that is blank is `column N`, from 1."""
    return name.strip(BLANKS) or f"column {place}"


def is_nameless(name: str) -> bool:
    """Whether the name says nothing; a column of it that is empty too is none."""
    return not name.strip(BLANKS)
