"""What a rule is: a name, how bad it is, and a question to the tables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports.models import Alert
from imports.sql import statement

#: Subjects of a rule that are told of one by one; the rest is counted.
MOST_SUBJECTS = 10
OTHERS = "others"


@dataclass(frozen=True)
class Finding:
    """What breaks a rule now; the subject tells it from others of the rule."""

    message: str
    subject: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule of alerts; `find` gives what breaks it, an empty list where nothing does."""

    name: str
    severity: Alert.Severity
    about: str
    find: Callable[[], list[Finding]]


def rows(name: str, **parameters: Any) -> list[Any]:
    """Give the rows of a named statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name), {**parameters, "limit": MOST_SUBJECTS})
        return list(cursor.fetchall())


def others(total: int, *, shown: int, what: str) -> list[Finding]:
    """Say how many subjects there are besides those that are told of one by one."""
    more = total - shown
    if more <= 0:
        return []
    message = f"{more:,} more {what}. They are in the list of runs in the admin."
    return [Finding(message, subject=OTHERS)]


def many(number: int, what: str) -> str:
    """Give 1 race, 2 races."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ago(seconds: float) -> str:
    """Give how long something lasts in words: 45 seconds, 12 minutes, 3 hours."""
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {word}"
    return f"{seconds:,.0f} seconds"
