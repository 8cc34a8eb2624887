"""Recompute what follows from a race, in the caller's transaction; patches nothing.

`derive.sql` says what follows, `refresh.sql` writes it. The server plans the statement
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
        cursor.execute("EXECUTE refresh_race (%s)", [race_id])


@cache
def warnings_of_all_races() -> str:
    """Give the query of the warnings that the rows of all races give now."""
    return _derived("warnings.sql", races=ALL_RACES)


@cache
def _statement() -> str:
    return _derived("refresh.sql", races=ONE_RACE)


def _derived(name: str, *, races: str) -> str:
    """Give what reads from `derive.sql`, with the races that it is about."""
    derive = (FOLDER / "derive.sql").read_text().replace("{races}", races)
    return derive + (FOLDER / name).read_text()
