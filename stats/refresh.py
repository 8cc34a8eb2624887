"""Recompute the stats of one race from its rows, in the caller's transaction."""

from functools import cache
from pathlib import Path

from django.db import connection

SQL = Path(__file__).with_name("refresh.sql")


@cache
def _statement() -> str:
    return SQL.read_text()


def refresh_race(race_id: int) -> None:
    """Replace the stats of the race and its entrants by what its rows give now."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"race": race_id})
