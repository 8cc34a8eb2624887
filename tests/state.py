"""The final tables as values, without surrogate ids: what any order must agree on."""

from typing import Any

from django.db import models

from races.models import Competitor, Entrant, Lap, Meeting, PitStop, Race, Team, Venue
from stats.models import EntrantStats, RaceStats

#: How a row is named without its surrogate ids.
NAMES: dict[type[models.Model], tuple[str, ...]] = {
    Venue: ("source", "key"),
    Team: ("source", "key"),
    Competitor: ("source", "key"),
    Meeting: ("source", "key", "venue__key"),
    Race: ("meeting__key", "key"),
    Entrant: ("race__meeting__key", "race__key", "key", "competitor__key", "team__key"),
    PitStop: ("entrant__race__meeting__key", "entrant__race__key", "entrant__key"),
    Lap: ("entrant__race__meeting__key", "entrant__race__key", "entrant__key"),
    EntrantStats: ("entrant__race__meeting__key", "entrant__race__key", "entrant__key"),
    RaceStats: ("race__meeting__key", "race__key", "fastest_lap_entrant__key"),
}


def rows(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """Give every row by its name, with all its own columns, versions included."""
    own = [
        field.name
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.is_relation
    ]
    found = model._default_manager.values_list(*NAMES[model], *own)
    return sorted(found, key=lambda row: [str(value) for value in row])


def laps() -> list[tuple[Any, ...]]:
    """Give every lap: meeting, race, entrant, number, then its own columns."""
    return rows(Lap)


def tables() -> dict[str, list[tuple[Any, ...]]]:
    """Give all tables that follow from files."""
    return {model.__name__: rows(model) for model in NAMES}


def clear() -> None:
    """Empty them."""
    for model in reversed(NAMES):
        model._default_manager.all().delete()
