"""Flags: every flag that there is, what is in force, and why."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from imports import actions, flags
from imports.errors import FlagInvalid
from imports.flags import FLAGS, Flag, FlagKind, FlagValue
from imports.models import FeatureFlag
from ingestion_site.lib import cells

CHANGES_SHOWN = 20


@dataclass(frozen=True)
class FlagLine:
    """A flag as the list shows it; `row` is unsaved where it was never changed."""

    flag: Flag
    kind: FlagKind
    row: FeatureFlag
    value: str
    #: Why the stored value cannot be used, if so.
    problem: str = ""

    @property
    def shown(self) -> str:
        """The value, as a reader expects it."""
        return cells.count(int(self.value)) if self.value.isdecimal() else self.value

    @property
    def default(self) -> str:
        """The value where nobody has changed it."""
        default = self.kind.default
        return f"{default:,}" if type(default) is int else as_text(default)

    @property
    def allowed(self) -> str:
        """What the flag can be set to, in words."""
        return allowed(self.kind)

    @property
    def is_default(self) -> bool:
        """Whether the default is in force."""
        return self.value == as_text(self.kind.default)


class FlagForm(forms.ModelForm):
    """A value that the flag can take, and why."""

    class Meta:
        model = FeatureFlag
        fields = ["value", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look has a form without fields.
        if "value" not in self.fields:
            return
        # The reason of the last change is not that of the next.
        self.initial["reason"] = ""
        kind = FLAGS[Flag(self.instance.name)]
        self.fields["value"].widget = _widget(kind)
        self.fields["value"].help_text = allowed(kind)
        self.fields["reason"].help_text = "For the one who reads it next."

    def clean_value(self) -> str:
        text: str = self.cleaned_data["value"]
        try:
            return as_text(flags.parse(Flag(self.instance.name), text))
        except FlagInvalid as error:
            raise ValidationError(str(error)) from error


@admin.register(FeatureFlag)
class FeatureFlagAdmin(admin.ModelAdmin):
    """One line for each flag of the code, stored or not."""

    form = FlagForm
    change_form_template = "admin/imports/featureflag/page.html"
    fieldsets = [(None, {"fields": ["value", "reason"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> FeatureFlag | None:
        """Find a flag by its name; one that was never changed has no row yet."""
        if object_id.isdecimal():
            found = FeatureFlag.objects.filter(pk=object_id, name__in=list(Flag))
            return found.first()
        if object_id not in list(Flag):
            return None
        return _row(Flag(object_id), _stored())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Feature flags",
            "opts": self.opts,
            "lines": flag_lines(),
            "can_change": self.has_change_permission(request),
            **(extra_context or {}),
        }
        return render(request, "admin/imports/featureflag/list.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row: FeatureFlag = kwargs["obj"]
        context |= {
            "title": row.name,
            "subtitle": None,
            "line": _line(Flag(row.name), row),
            "changes": _changes(row, admin=self),
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: FeatureFlag, form: Any, change: bool
    ) -> None:
        before = form.initial["value"]
        row = actions.set_flag(
            Flag(obj.name), obj.value, reason=obj.reason, by=request.user
        )
        obj.pk = row.pk
        obj.said = f"{before} → {obj.value}" + (f": {obj.reason}" if obj.reason else "")  # type: ignore[attr-defined]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, obj, obj.said)


def flag_lines() -> list[FlagLine]:
    """Give every flag with what is in force."""
    stored = _stored()
    return [_line(flag, _row(flag, stored)) for flag in FLAGS]


def as_text(value: FlagValue) -> str:
    """Give a flag's value as it is stored and typed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def allowed(kind: FlagKind) -> str:
    """Say what the flag can be set to."""
    choices = _choices(kind)
    if choices:
        return " or ".join(choices)
    return f"{kind.lowest:,} to {kind.highest:,}"


def _choices(kind: FlagKind) -> tuple[str, ...]:
    return ("on", "off") if isinstance(kind.default, bool) else kind.choices


def _widget(kind: FlagKind) -> forms.Widget:
    if choices := _choices(kind):
        return forms.Select(choices=[(choice, choice) for choice in choices])
    return forms.NumberInput(attrs={"min": kind.lowest, "max": kind.highest})


def _stored() -> dict[str, FeatureFlag]:
    rows = FeatureFlag.objects.select_related("changed_by")
    return {row.name: row for row in rows}


def _row(flag: Flag, stored: dict[str, FeatureFlag]) -> FeatureFlag:
    default = as_text(FLAGS[flag].default)
    return stored.get(flag.value) or FeatureFlag(name=flag.value, value=default)


def _line(flag: Flag, row: FeatureFlag) -> FlagLine:
    try:
        value, problem = as_text(flags.parse(flag, row.value)), ""
    except FlagInvalid as error:
        value, problem = row.value, str(error)
    return FlagLine(flag=flag, kind=FLAGS[flag], row=row, value=value, problem=problem)


def _changes(row: FeatureFlag, *, admin: FeatureFlagAdmin) -> list[LogEntry]:
    if row.pk is None:
        return []
    entries = LogEntry.objects.filter(object_id=str(row.pk)).select_related("user")
    of_flags = entries.filter(
        content_type__app_label=row._meta.app_label,
        content_type__model=row._meta.model_name,
    )
    return list(of_flags.order_by("-action_time")[:CHANGES_SHOWN])
