"""Forms of the flags' pages: a value that a flag can take, a change to roll out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from imports import flags
from imports.actions.rollouts import Guard
from imports.errors import FlagInvalid
from imports.flags import FLAGS, Flag, FlagKind, FlagValue, as_text
from imports.models import FeatureFlag, Rollout

WIDE = forms.TextInput(attrs={"size": 60})


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
        self.fields["value"].widget = value_widget(kind)
        self.fields["value"].help_text = kind.allowed
        self.fields["reason"].help_text = "For the one who reads it next."

    def clean_value(self) -> str:
        text: str = self.cleaned_data["value"]
        return _checked(Flag(self.instance.name), text)

    def clean(self) -> dict[str, Any] | None:
        name = self.instance.name
        running = Rollout.objects.filter(flag=name, state=Rollout.State.RUNNING)
        if running.exists():
            raise ValidationError(
                f"A change of {name} is being rolled out. Stop or promote it first."
            )
        return super().clean()


class RolloutForm(forms.Form):
    """A candidate for a flag, and how much worse it may be."""

    candidate = forms.CharField(max_length=100)
    min_races = forms.IntegerField(
        label="Races an arm",
        min_value=5,
        max_value=100_000,
        initial=Guard.min_races,
        help_text="A stage is judged when both arms have so many.",
    )
    max_error_points = forms.FloatField(
        label="Failed attempts",
        min_value=0,
        max_value=100,
        initial=Guard.max_error_points,
        help_text="Points of a hundred more than the control, at most.",
    )
    max_p95_percent = forms.FloatField(
        label="Time",
        min_value=0,
        max_value=1_000,
        initial=Guard.max_p95_percent,
        help_text="% more than the control takes for 1,000 laps (p95), at most.",
    )
    reason = forms.CharField(required=False, max_length=300, label="Why", widget=WIDE)

    def __init__(
        self, *args: Any, flag: Flag, in_force: FlagValue | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._flag = flag
        self.fields["candidate"].widget = _other_values(FLAGS[flag], than=in_force)
        self.fields["candidate"].help_text = FLAGS[flag].allowed

    def clean_candidate(self) -> str:
        return _checked(self._flag, self.cleaned_data["candidate"])

    @property
    def guard(self) -> Guard:
        """What the candidate may cost, as the form says."""
        return Guard(
            min_races=self.cleaned_data["min_races"],
            max_error_points=self.cleaned_data["max_error_points"],
            max_p95_percent=self.cleaned_data["max_p95_percent"],
        )


def value_widget(kind: FlagKind) -> forms.Widget:
    """Give the field for what a flag can be."""
    if kind.choices:
        return forms.Select(choices=[(choice, choice) for choice in kind.choices])
    return forms.NumberInput(attrs={"min": kind.lowest, "max": kind.highest})


def _other_values(kind: FlagKind, *, than: FlagValue | None) -> forms.Widget:
    widget = value_widget(kind)
    if isinstance(widget, forms.Select):
        # What is in force already is nothing to try.
        widget.choices = [(one, one) for one in kind.choices if one != than]
    return widget


def _checked(flag: Flag, text: str) -> str:
    try:
        return as_text(flags.parse(flag, text))
    except FlagInvalid as error:
        raise ValidationError(str(error)) from error
