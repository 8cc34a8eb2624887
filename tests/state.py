"""The final tables as values, without surrogate ids: what any order must agree on."""

from typing import Any

from races.models import Competitor, Entrant, Lap, Meeting, PitStop, Race, Team, Venue

RACE = ("entrant__race__meeting__key", "entrant__race__key", "entrant__key", "number")
VERSIONED = ("version", "column_versions", "attributes")


def laps() -> list[tuple[Any, ...]]:
    """Give every lap by natural key, versions included."""
    columns = ("time_ms", "elapsed_ms", "position", "sector1_ms", "sector2_ms")
    rows = Lap.objects.values_list(
        *RACE,
        *columns,
        "sector3_ms",
        "in_pit",
        "is_deleted",
        "version",
        "columns",
        "older",
    )
    return sorted(rows, key=lambda row: row[:4])


def tables() -> dict[str, list[tuple[Any, ...]]]:
    """Give all tables that files write, by natural key."""
    shared = ("source", "key", "name", *VERSIONED)
    meeting = (
        "source",
        "key",
        "name",
        "venue__key",
        "start_date",
        "season",
        *VERSIONED,
    )
    race = ("meeting__key", "key", "name", "kind", "scheduled_start", *VERSIONED)
    entrant = (
        "race__meeting__key",
        "race__key",
        "key",
        "number",
        "name",
        "competitor__key",
        "team__key",
        "status",
        "grid",
        "position",
        "points",
        "total_time_ms",
        *VERSIONED,
    )
    stop = (*RACE, "lap", "duration_ms", "time_of_day", "version", "column_versions")
    found = {
        "venue": Venue.objects.values_list(*shared, "country"),
        "team": Team.objects.values_list(*shared),
        "competitor": Competitor.objects.values_list(*shared),
        "meeting": Meeting.objects.values_list(*meeting),
        "race": Race.objects.values_list(*race),
        "entrant": Entrant.objects.values_list(*entrant),
        "pit_stop": PitStop.objects.values_list(*stop),
    }
    return {name: sorted(rows, key=str) for name, rows in found.items()} | {
        "lap": laps()
    }
