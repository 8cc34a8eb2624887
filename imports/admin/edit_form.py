"""The form of a row's values: typed as its columns, checked by its own constraints.

Only what the person changed becomes the edit; what the form showed is sent along, so
that a value that changed meanwhile is not put back by accident.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from imports.pipeline.in_force import register_of
from imports.pipeline.registers.laps import COLUMNS as LAP_COLUMNS
from imports.pipeline.registers.records import ATTRIBUTE, fields_of
from ingestion_site.lib import cells
from races.models import Lap, Versioned

#: Labels of columns that are not cells of files.
LABELS = {"is_withdrawn": "Withdrawn"}
TIME = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})\.(\d{1,3})")
#: Known keys that a reference offers.
KEYS_OFFERED = 500


class MillisecondsField(forms.IntegerField):
    """A time as people write it, 1:02.500, or as whole milliseconds."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return cells.lap_time(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        match = TIME.fullmatch(text)
        if not match:
            if text and not text.lstrip("-").isdecimal():
                raise ValidationError(
                    f"{text!r} is not a time. Write it like 1:02.500, or in whole "
                    "milliseconds."
                )
            return super().to_python(value)
        hours, minutes, seconds, fraction = match.groups(default="0")
        span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return int(span.total_seconds()) * 1000 + int(fraction.ljust(3, "0"))


class KeyField(forms.CharField):
    """The key of another row of the source."""

    def __init__(self, model: Any, *, source: str, **kwargs: Any) -> None:
        super().__init__(empty_value=None, **kwargs)
        self._rows = model._default_manager.filter(source=source)
        self._name = model._meta.verbose_name
        self._source = source

    @property
    def offered(self) -> list[tuple[str, str]]:
        """Keys and names to choose from, as many as a page bears."""
        rows = self._rows.order_by("key").only("key", "name")[:KEYS_OFFERED]
        return [(row.key, str(row)) for row in rows]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not self._rows.filter(key=value).exists():
            raise ValidationError(
                f"The source {self._source} has no {self._name} with the key {value!r}. "
                "Take a key from the list."
            )


class EditForm(forms.Form):
    """A field for each column of a row; empty means unknown."""

    def __init__(self, row: Any, *, source: str, data: Any = None) -> None:
        self.row = row
        self.register = register_of(row)
        super().__init__(data, initial=dict(self.register.values))
        for column in columns_of(row):
            field = _field(row, column, source=source)
            field.required = False
            field.label = LABELS.get(column, column.removeprefix(ATTRIBUTE))
            field.show_hidden_initial = True
            if isinstance(field, KeyField):
                field.widget.attrs["list"] = f"keys-{column}"
            self.fields[column] = field

    @property
    def changes(self) -> dict[str, Any]:
        """The columns that were changed, and their new values."""
        return {column: self.cleaned_data[column] for column in self.changed_data}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        changed = {c: cleaned[c] for c in self.changed_data if c in cleaned}
        self._clean_stale()
        columns = {c: v for c, v in changed.items() if not _is_elsewhere(self.row, c)}
        self._clean_columns(columns)
        columns = {c: v for c, v in columns.items() if c not in self.errors}
        self._clean_constraints(columns)
        if not self.errors and not changed:
            raise ValidationError("Nothing was changed, so there is nothing to write.")
        return cleaned

    def _clean_stale(self) -> None:
        """Refuse to overwrite what the person has not seen.

        The form comes back with what is stored now, so that sending it again is meant.
        """
        for column in self.changed_data:
            bound = self[column]
            widget = bound.field.hidden_widget()
            seen = widget.value_from_datadict(
                self.data, self.files, bound.html_initial_name
            )
            stored = bound.field.prepare_value(bound.initial)
            now = widget.format_value(stored)
            if _is_same(bound.field, seen, now):
                continue
            self.data = {**dict(self.data.items()), bound.html_initial_name: now or ""}
            self.add_error(
                column,
                f"It was {_said(seen)} when you opened the page; it is {_said(now)} "
                "now. Send the form again to write your value all the same.",
            )

    def _clean_columns(self, columns: Mapping[str, Any]) -> None:
        """Refuse what the column cannot hold."""
        for column, value in columns.items():
            if value is None:
                continue
            try:
                self.row._meta.get_field(column).clean(value, None)
            except ValidationError as error:
                self.add_error(column, error)

    def _clean_constraints(self, columns: Mapping[str, Any]) -> None:
        """Refuse what the table would refuse, at the field that is the cause."""
        constraints = self.row._meta.constraints
        for constraint in constraints:
            if not isinstance(constraint, models.CheckConstraint):
                continue
            if _holds(constraint, self.row, columns):
                continue
            alone = [
                c for c in columns if not _holds(constraint, self.row, {c: columns[c]})
            ]
            says = constraint.name.split("_", 1)[1].replace("_", " ")
            table = self.row._meta.verbose_name
            message = f"Cannot be stored: of a {table}, {says}."
            for column in alone:
                self.add_error(column, message)
            if not alone:
                self.add_error(None, message)


def columns_of(row: Any) -> list[str]:
    """Give the columns of a row that a person can state."""
    if isinstance(row, Lap):
        return list(LAP_COLUMNS)
    model: type[Versioned] = type(row)
    return list(fields_of(model)) + [
        ATTRIBUTE + name for name in getattr(row, "attributes", {})
    ]


def _field(row: Any, column: str, *, source: str) -> Any:
    if column.startswith(ATTRIBUTE):
        value = row.attributes[column.removeprefix(ATTRIBUTE)]
        is_text = value is None or isinstance(value, str)
        return forms.CharField(empty_value=None) if is_text else forms.JSONField()
    field = row._meta.get_field(column)
    if isinstance(field, models.ForeignKey):
        named = getattr(row, column)
        return KeyField(
            field.related_model, source=source, help_text=str(named) if named else ""
        )
    if column.endswith("_ms"):
        return MillisecondsField(min_value=0, help_text="Like 1:02.500, or in ms.")
    made = field.formfield()
    if isinstance(made, forms.DateTimeField):
        made.help_text = "UTC, like 2024-05-01 13:30:00."
    if isinstance(made, forms.DateField) and not isinstance(made, forms.DateTimeField):
        made.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return made


def _is_same(field: forms.Field, seen: Any, now: Any) -> bool:
    """Whether two texts of a field are one value."""
    try:
        return bool(field.to_python(seen) == field.to_python(now))
    except ValidationError:
        return False


def _said(text: Any) -> str:
    """Give what a form holds of a value, for people."""
    return {"": "unknown", "True": "yes", "False": "no"}.get(text or "", str(text))


def _is_elsewhere(row: Any, column: str) -> bool:
    """Whether the column of the form is not a plain one of the table."""
    if column.startswith(ATTRIBUTE):
        return True
    return isinstance(row._meta.get_field(column), models.ForeignKey)


def _holds(
    constraint: models.CheckConstraint, row: Any, values: Mapping[str, Any]
) -> bool:
    """Whether a row with these values would pass."""
    model = type(row)
    held = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields}
    try:
        constraint.validate(model, model(**{**held, **values}))
    except ValidationError:
        return False
    return True
