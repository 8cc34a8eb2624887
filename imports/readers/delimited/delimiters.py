"""The first lines of a CSV file -> the character between their cells."""

import re
from collections import Counter
from collections.abc import Sequence

USUAL = (",", ";", "\t", "|")
#: Taken only where the header has it and none of the usual ones.
RARE = ("^", "~")
#: A character that no text has: the delimiter of a file with one column.
NONE = "\x1f"

#: A quoted cell; what it holds does not count.
QUOTED = re.compile(r'(?<![^,;\t|^~\r\n])"(?:[^"]|"")*+"(?=[,;\t|^~\r\n]|$)')
LINE_ENDS = re.compile(r"\r\n|\r|\n")
SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[^"\r\n])"?[\r\n]*', re.IGNORECASE)


def declared(line: str) -> str | None:
    """Give the delimiter that a first line such as `sep=;` states for Excel."""
    found = SEPARATOR_LINE.fullmatch(line)
    return found["delimiter"] if found else None


def choose(lines: Sequence[str]) -> str:
    """Give the delimiter of which the lines have as many as the first of them.

    Where the first line is a title, it is the one of which most lines have one number.
    Where two are alike, the one that there is more of.
    """
    text = QUOTED.sub("x", "".join(lines))
    lines = [line for line in LINE_ENDS.split(text) if line.strip(" \u00a0\ufeff")]
    lines = lines or [""]
    first, counted = lines[0], _counted(lines)
    in_first = [d for d in counted if d in first]
    if in_first and max(counted[d][0] for d in in_first) * 2 >= len(lines):
        return max(in_first, key=lambda d: counted[d])
    likeliest = _most_alike(lines)
    if likeliest:
        return likeliest
    return max(in_first, key=lambda d: counted[d]) if in_first else NONE


def _counted(lines: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Give how many lines have as many as the first, and how many that is."""
    first = lines[0]
    delimiters = USUAL if any(d in first for d in USUAL) else RARE
    return {
        d: (sum(line.count(d) == first.count(d) for line in lines), first.count(d))
        for d in delimiters
    }


def _most_alike(lines: Sequence[str]) -> str | None:
    """Give the delimiter of which most lines have one number, whatever the first has."""
    alike: dict[str, tuple[int, int]] = {}
    for delimiter in USUAL:
        counts = Counter(line.count(delimiter) for line in lines)
        del counts[0]
        if counts:
            alike[delimiter] = max((n, count) for count, n in counts.items())
    return max(alike, key=lambda d: alike[d]) if alike else None
