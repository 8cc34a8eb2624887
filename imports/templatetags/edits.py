"""Where a row's values are edited; nothing for who may not."""

from typing import Any

from django import template
from django.urls import reverse

from imports.admin.edit import may_edit
from races.models import Lap, PitStop

register = template.Library()


@register.simple_tag(takes_context=True)
def edit_url(context: Any, row: Any) -> str:
    """Give the address of the page that edits a row's values."""
    kind = "pit_stop" if isinstance(row, PitStop) else row._meta.model_name
    if not may_edit(context["request"], kind):
        return ""
    if isinstance(row, Lap):
        return reverse("edit_lap", args=[row.entrant_id, row.number])
    return reverse("edit_values", args=[kind, row.pk])
