"""The form that makes a token."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from accounts import tokens
from accounts.models import ApiToken


class TokenForm(forms.Form):
    """Whose, what for, what it may, how long."""

    name = forms.CharField(
        max_length=100, help_text="Who or what will use it: it is told apart by that."
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope,
        initial=[ApiToken.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text="It never may more than its user.",
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=tokens.MOST_DAYS,
        initial=tokens.DEFAULT_DAYS,
        label="Valid for days",
        help_text=f"1 to {tokens.MOST_DAYS}.",
    )

    def __init__(self, *args: Any, by: Any) -> None:
        """Let superusers alone choose the user: a token acts as its user."""
        super().__init__(*args)
        if by.is_superuser:
            users = get_user_model()._default_manager.filter(is_active=True)
            self.fields["user"] = forms.ModelChoiceField(users, initial=by.pk)
            self.order_fields(["user"])
