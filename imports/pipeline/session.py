"""What a lane tells the server about its connection and its tables."""

from django.db import connection

from imports.sql import statement


def set_synchronous_commit(mode: str) -> None:
    """Say whether commits of this connection wait for the disk: `on` or `off`."""
    with connection.cursor() as cursor:
        cursor.execute(statement("set_synchronous_commit"), {"mode": mode})


def analyze_races() -> None:
    """Tell the planner what the tables of laps and entrants hold now."""
    with connection.cursor() as cursor:
        cursor.execute(statement("analyze_races"))
