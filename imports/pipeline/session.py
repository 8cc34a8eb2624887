"""What a lane tells the server about its connection and its tables."""

from django.db import connection

from imports.sql import statement

#: A run that fills the tables tells the planner so after these races: plans that were
#: made on empty tables are wrong for full ones.
ANALYZE_AFTER_RACES = (5, 50)


def set_synchronous_commit(mode: str) -> None:
    """Say whether commits of this connection wait for the disk: `on` or `off`."""
    with connection.cursor() as cursor:
        cursor.execute(statement("set_synchronous_commit"), {"mode": mode})


def analyze_races(*, after_race: int) -> None:
    """Analyze the tables when the run has come so far that its plans should change."""
    if after_race in ANALYZE_AFTER_RACES:
        with connection.cursor() as cursor:
            cursor.execute(statement("analyze_races"))
