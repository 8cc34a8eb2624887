"""Fields that several models share."""

from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value


class KeyField(models.CharField):  # type: ignore[type-arg]
    """Text of a natural key: compared byte by byte, never blank."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


class EmptyObjectField(models.JSONField):
    """A JSON object that is empty until something is stated, also in raw SQL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("db_default", Value({}, models.JSONField()))
        super().__init__(*args, **kwargs)


class Normalized(Func):
    """The text in Unicode NFC without blanks at its ends."""

    template = "btrim(normalize(%(expressions)s, NFC))"
    output_field = models.CharField()


def key_is_normalized(table: str) -> models.CheckConstraint:
    """Give the constraint that two spellings of one key cannot both be stored."""
    return models.CheckConstraint(
        name=f"{table}_key_is_normalized",
        condition=Q(key=Normalized(F("key"))) & ~Q(key=""),
    )
