"""Recompute what follows from a race, in the caller's transaction; patches nothing.

`derive.sql` and `figures.sql` say what follows, `refresh.sql` writes it. The server plans the statement
once for each connection: it is long, and planning it takes as long as running it.
"""

from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

from django.db import connection

FOLDER = Path(__file__).parent
ONE_RACE = "race_id = $1"
ALL_RACES = "true"

#: The connections whose server has the statement.
_prepared: WeakSet[Any] = WeakSet()


def refresh_race(race_id: int) -> None:
    """Replace the race's stats and warnings by what its rows give now."""
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(f"PREPARE refresh_race (bigint) AS {_statement()}")
            _prepared.add(connection.connection)
        cursor.execute(_execution().replace("{race}", str(int(race_id))))


@cache
def warnings_of_all_races() -> str:
    """Give the query of the warnings that the rows of all races give now."""
    return _derived("derive.sql", "warnings.sql", races=ALL_RACES)


@cache
def figures_of_all_races() -> str:
    """Give the query of the stats that the rows of all races give now."""
    return _derived("derive.sql", "figures.sql", "compare.sql", races=ALL_RACES)


@cache
def _statement() -> str:
    return _derived("derive.sql", "figures.sql", "refresh.sql", races=ONE_RACE)


@cache
def _execution() -> str:
    return (FOLDER / "execute.sql").read_text()


def _derived(*names: str, races: str) -> str:
    """Give the files as one statement, with the races that it is about."""
    text = "".join((FOLDER / name).read_text() for name in names)
    return text.replace("{races}", races)
