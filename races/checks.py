"""System checks of the races app."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, register
from django.core.checks import Error as CheckError
from django.db import models

from races.natural_keys import NATURAL_KEYS


@register()
def natural_keys_are_unique(**_: Any) -> list[CheckMessage]:
    """Refuse a natural key that no constraint backs: the upserts conflict on it."""
    return [
        CheckError(
            f"No unique constraint on just {', '.join(fields)} backs the natural key.",
            hint="Add the constraint, or mend races.natural_keys.",
            obj=apps.get_model("races", name),
            id="races.E001",
        )
        for name, fields in NATURAL_KEYS.items()
        if set(fields) not in _unique_sets(apps.get_model("races", name))
    ]


def _unique_sets(model: type[models.Model]) -> list[set[str]]:
    constraints = [set(c.fields) for c in model._meta.total_unique_constraints]
    key = getattr(model._meta.pk, "fields", ())
    return [*constraints, {field.name for field in key}]
