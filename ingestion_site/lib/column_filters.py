"""Filters that follow from columns: `number`, `number__gte`, `number__in`, and so on.

A filter set lists in `columns` what may be asked for; the type of each column says which
ways there are to ask, what the values are and how OpenAPI describes them. What is not
listed cannot be asked for.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django_filters import rest_framework as filters
from django_filters.utils import get_model_field

from ingestion_site.lib import filter_fields as kinds
from ingestion_site.lib.filter_fields import MOST_VALUES, Kind, NotMeant

#: The ways of asking, and how their description ends.
RANGES = {
    "gte": "this or more",
    "lte": "this or less",
    "gt": "more than this",
    "lt": "less than this",
}
SEVERAL = f"one of these, at most {MOST_VALUES}, with commas between"


@dataclass(frozen=True)
class Column:
    """What can be asked of a column: where it is, and what it says."""

    path: str
    about: str
    #: Where the column's type does not say it.
    kind: Kind | None = None


class ValueField(forms.CharField):
    """A value of a kind, or several of them."""

    def __init__(self, *, kind: Kind, is_list: bool = False, **options: Any) -> None:
        self.kind = kind
        self.is_list = is_list
        super().__init__(strip=False, **options)

    def clean(self, value: Any) -> Any:
        """Read the text; None where nothing is asked."""
        if value in self.empty_values:
            self.validate(value)
            return None
        try:
            if not self.is_list:
                return self.kind.read(value)
            return self._read_each(value.split(","))
        except NotMeant as error:
            # As a parameter: a % in it is no place for one.
            raise ValidationError(
                "%(why)s.", code="invalid", params={"why": error}
            ) from None

    def _read_each(self, texts: list[str]) -> list[Any]:
        if len(texts) > MOST_VALUES:
            raise NotMeant(f"more than {MOST_VALUES} values")
        if not all(text.strip() for text in texts):
            raise NotMeant("one of its values is empty")
        return [self.kind.read(text) for text in texts]


class ValueFilter(filters.Filter):
    """A filter that says in `schema` and `about` what OpenAPI tells of it."""

    field_class = ValueField

    def __init__(
        self,
        field_name: str | None = None,
        lookup_expr: str = "exact",
        *,
        kind: Kind,
        about: str,
        **options: Any,
    ) -> None:
        self.kind = kind
        self.about = about
        self.is_list = lookup_expr == "in"
        super().__init__(
            field_name, lookup_expr, kind=kind, is_list=self.is_list, **options
        )

    @property
    def schema(self) -> dict[str, Any]:
        """The type of the parameter."""
        one = copy.deepcopy(self.kind.schema)
        if not self.is_list:
            return one
        if one.get("type") == "string" and "pattern" in one:
            one["pattern"] = r"^[^,\u0000]*[^\s,\u0000][^,\u0000]*$"
        return {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_VALUES}


class ColumnFilterSet(filters.FilterSet):
    """Filters of the columns that are listed, and those declared one by one."""

    columns: ClassVar[Mapping[str, Column]] = {}

    def __init__(self, data: Any = None, queryset: Any = None, **options: Any) -> None:
        # Copying all filters into a form costs more than a page of rows.
        asked = data if data is not None else {}
        known: dict[str, filters.Filter] = self.base_filters  # type: ignore[has-type]
        self.base_filters = {
            n: f for n, f in known.items() if n in asked or f.extra["required"]
        }
        super().__init__(data, queryset, **options)

    @classmethod
    def get_filters(cls) -> dict[str, filters.Filter]:
        """Give the filters by name, those of columns first."""
        found: dict[str, filters.Filter] = {}
        for name, column in cls.columns.items():
            found |= _filters_of(name, column, model=cls._meta.model)
        return found | dict(cls.declared_filters)


def _filters_of(
    name: str, column: Column, *, model: type[models.Model]
) -> dict[str, filters.Filter]:
    kind = column.kind or kind_of(get_model_field(model, column.path))
    asked = {name: ("exact", column.about)}
    if kind.is_listed:
        asked[f"{name}__in"] = ("in", f"{column.about}: {SEVERAL}")
    if kind.is_ordered:
        asked |= {
            f"{name}__{way}": (way, f"{column.about}: {end}")
            for way, end in RANGES.items()
        }
    return {
        parameter: ValueFilter(column.path, way, kind=kind, about=f"{about}.")
        for parameter, (way, about) in asked.items()
    }


def kind_of(field: models.Field) -> Kind:
    """Give the kind of a column's values by its type."""
    if field.is_relation or isinstance(field, models.AutoField | models.BigAutoField):
        return kinds.ID
    if field.choices:
        return kinds.one_of(*(value for value, _ in field.flatchoices))
    if isinstance(field, models.IntegerField):
        return kinds.whole_number(*_bounds(field))
    if isinstance(field, models.CharField | models.TextField):
        return kinds.text(field.max_length or 200)
    for column_type, kind in _KINDS.items():
        if isinstance(field, column_type):
            return kind
    raise TypeError(f"{field} has no kind of filter; give its column one.")


#: DateTimeField is a DateField too: it comes first.
_KINDS: dict[type[models.Field], Kind] = {
    models.BooleanField: kinds.TRUTH,
    models.DateTimeField: kinds.MOMENTS,
    models.DateField: kinds.DATE,
    models.DecimalField: kinds.number(-1_000_000, 1_000_000),
    models.FloatField: kinds.number(-(10**12), 10**12),
}


def _bounds(field: models.IntegerField) -> tuple[int, int]:
    return BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()]
