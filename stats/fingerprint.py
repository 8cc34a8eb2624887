"""What the stats of a race say, as one value to compare; writes nothing."""

from collections.abc import Hashable
from typing import Any

from django.apps import apps
from django.db.models import Model


def fingerprint(race_id: int) -> Hashable:
    """Give all stats of a race and of its entrants: equal only where nothing differs."""
    return tuple(
        tuple(map(str, rows.filter(**{path: race_id}).order_by("pk").values_list()))
        for rows, path in _of_races()
    )


def _of_races() -> list[tuple[Any, str]]:
    found = []
    for model in apps.get_app_config("stats").get_models():
        if path := _path(model):
            found.append((model._default_manager.all(), path))
    return found


def _path(model: type[Model]) -> str | None:
    names = {field.name for field in model._meta.concrete_fields}
    if "race" in names:
        return "race_id"
    return "entrant__race_id" if "entrant" in names else None
