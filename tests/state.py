"""The final tables as values, without surrogate ids: what any order must agree on."""

from typing import Any
from uuid import UUID

from django.db import models

from imports.models import ImportRun, SourceFile
from imports.pipeline.registers import records
from imports.pipeline.registers.decide import Register
from imports.pipeline.registers.laps import COLUMNS, Floor, register_of
from races.models import (
    Competitor,
    Entrant,
    Lap,
    LapColumn,
    Meeting,
    PitStop,
    Race,
    Team,
    Venue,
)
from stats.models import EntrantStats, RaceStats, RaceWarning

#: How a row is named without its surrogate ids.
NAMES: dict[type[models.Model], tuple[str, ...]] = {
    Venue: ("source", "key"),
    Team: ("source", "key"),
    Competitor: ("source", "key"),
    Meeting: ("source", "key", "venue__key"),
    Race: ("meeting__key", "key"),
    Entrant: ("race__meeting__key", "race__key", "key", "competitor__key", "team__key"),
    PitStop: ("entrant__race__meeting__key", "entrant__race__key", "entrant__key"),
    Lap: (),
    EntrantStats: ("entrant__race__meeting__key", "entrant__race__key", "entrant__key"),
    RaceStats: (
        "race__meeting__key",
        "race__key",
        "fastest_lap_entrant__key",
        "winner__key",
    ),
    RaceWarning: ("race__meeting__key", "race__key"),
}

#: Where a row says whose it is.
SOURCES: dict[type[models.Model], str] = {
    Venue: "source",
    Team: "source",
    Competitor: "source",
    Meeting: "source",
    Race: "meeting__source",
    Entrant: "race__meeting__source",
    PitStop: "entrant__race__meeting__source",
    Lap: "entrant__race__meeting__source",
    EntrantStats: "entrant__race__meeting__source",
    RaceStats: "race__meeting__source",
    RaceWarning: "race__meeting__source",
}


def rows(model: type[models.Model], source: str = "") -> list[tuple[Any, ...]]:
    """Give every row by its name, with all its own columns, versions included.

    Of one source, the source is left out: the same files give the same rows.
    """
    own = [
        field.name
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.is_relation
    ]
    columns = [
        name for name in (*NAMES[model], *own) if not (source and name == "source")
    ]
    found = _of(model, source).values_list(*columns)
    return sorted(found, key=lambda row: [str(value) for value in row])


def laps(source: str = "") -> list[tuple[Any, ...]]:
    """Give every lap: meeting, race, entrant, number, then what is stated of it.

    By effective versions: a complete file does not rewrite the laps that it repeats.
    """
    found = []
    for lap in _of(Lap, source).select_related("entrant__race__meeting"):
        race = lap.entrant.race
        floor = Floor(race.laps_floor, LapColumn(race.laps_floor_columns))
        register = register_of(lap, floor=floor)
        place = (race.meeting.key, race.key, lap.entrant.key, lap.number)
        values = tuple(getattr(lap, column) for column in COLUMNS)
        found.append(
            (*place, *values, sorted(register.versions.items()), register.absent)
        )
    return sorted(found, key=str)


def tables(source: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Give all tables that follow from files, of all sources or of one."""
    return {
        model.__name__: laps(source) if model is Lap else rows(model, source)
        for model in NAMES
    }


def _of(model: type[models.Model], source: str) -> Any:
    found = model._default_manager.all()
    return found.filter(**{SOURCES[model]: source}) if source else found


#: Columns that say which file stated what, and not what is so.
PROVENANCE = frozenset(
    {
        "version",
        "column_versions",
        "laps_floor",
        "laps_floor_columns",
        "entrants_floor",
        "pit_stops_floor",
        "columns",
        "older",
    }
)


def values(source: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give what is so in a source, whichever files said it and wherever it is."""
    names = {**NAMES, Lap: NAMES[PitStop]}
    found = {}
    for model, places in names.items():
        own = [
            field.name
            for field in model._meta.concrete_fields
            if field.name not in (*PROVENANCE, "id", "source") and not field.is_relation
        ]
        columns = [name for name in (*places, *own) if name != "source"]
        rows = _of(model, source).values_list(*columns)
        found[model.__name__] = sorted(rows, key=lambda row: list(map(str, row)))
    return found


def clear() -> None:
    """Empty them, and forget the runs that filled them."""
    for model in reversed(NAMES):
        model._default_manager.all().delete()
    ImportRun.objects.update(reverts=None)
    ImportRun.objects.all().delete()
    SourceFile.objects.update(imported_at=None)


Columns = dict[str, tuple[Any, UUID]]


def lap_columns() -> dict[tuple[str, ...], Columns]:
    """Give, by race, entrant and number, each stated column's value and version."""
    found = {}
    for lap in Lap.objects.select_related("entrant__race"):
        race = lap.entrant.race
        floor = Floor(race.laps_floor, LapColumn(race.laps_floor_columns))
        key = (race.key, lap.entrant.key, str(lap.number))
        found[key] = _columns(register_of(lap, floor=floor))
    return found


def record_columns(name: str) -> dict[tuple[str, ...], Columns]:
    """Give the same of entrants or pit stops; implied rows are not among them."""
    found = {}
    if name == "Entrant":
        for row in Entrant.objects.select_related("race", "competitor", "team"):
            found[(row.race.key, row.key)] = _columns(records.register_of(row))
    else:
        for stop in PitStop.objects.select_related("entrant__race"):
            entrant = stop.entrant
            key = (entrant.race.key, entrant.key, str(stop.number))
            found[key] = _columns(records.register_of(stop))
    return {key: columns for key, columns in found.items() if columns}


def _columns(register: Register) -> Columns:
    return {c: (register.values.get(c), v) for c, v in register.versions.items()}
