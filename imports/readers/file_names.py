"""A file's name and a pattern -> the meeting and race that the name says.

A pattern is the end of a path in which `{meeting}` and `{race}` stand for text that is
kept and `*` for text that is not, none of it a slash: `{meeting}/{race}_laps.csv`.
A placeholder that stands twice gives its texts with a hyphen between: of
`{meeting}/{meeting}.csv`, the file `2025/spa.csv` is of the meeting `2025-spa`.
"""

import re
from functools import lru_cache

from imports.errors import StatementInvalid
from imports.layouts.layout import SAYABLE

TOKEN = re.compile(r"\{([^{}]*)\}|(\*)|([{}])")

#: In a name or the name of a folder. With more, one name could match in millions of
#: ways, and to look through them all would take hours.
MOST_TOKENS = 3


def check(pattern: str) -> None:
    """Raise StatementInvalid where the pattern is none."""
    _compiled(pattern)


def read_name(path: str, *, pattern: str) -> dict[str, str]:
    """Give what the path says: `meeting`, `race`; nothing where it does not match."""
    expression, names = _compiled(pattern)
    found = expression.search(path.replace("\\", "/"))
    if found is None:
        return {}
    said: dict[str, list[str]] = {}
    for name, text in zip(names, found.groups(), strict=True):
        said.setdefault(name, []).append(text.strip())
    return {name: "-".join(texts) for name, texts in said.items() if all(texts)}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    if any(len(TOKEN.findall(part)) > MOST_TOKENS for part in pattern.split("/")):
        raise StatementInvalid(
            f"The pattern {pattern!r} has more than {MOST_TOKENS} placeholders and stars "
            "between two slashes; what each of them stands for could not be told.",
            field="name_pattern",
        )
    names: list[str] = []
    expression, end = "", 0
    for token in TOKEN.finditer(pattern):
        expression += re.escape(pattern[end : token.start()])
        end = token.end()
        name, any_text, brace = token.groups()
        if brace or (name is not None and name not in SAYABLE):
            raise StatementInvalid(
                f"The pattern {pattern!r} has {token.group()!r}, which says nothing: it "
                "may hold {meeting}, {race} and *, such as '{meeting}_laps.csv'.",
                field="name_pattern",
            )
        expression += "[^/]*?" if any_text else "([^/]+?)"
        names += [] if name is None else [name]
    if not names:
        raise StatementInvalid(
            f"The pattern {pattern!r} keeps nothing of a name: put {{meeting}} or "
            "{race} where it stands, such as '{meeting}_laps.csv'.",
            field="name_pattern",
        )
    # Without its ending a pattern is for a file of any format.
    rest = re.escape(pattern[end:])
    whole = rf"(?:^|/){expression}{rest}(?:\.[A-Za-z0-9]+){{0,2}}$"
    return re.compile(whole, re.IGNORECASE), tuple(names)
