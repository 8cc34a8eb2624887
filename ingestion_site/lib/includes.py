"""`include=`: what belongs to a row, in the same answer and in no more queries for more rows.

A view declares in `includes` what may be asked for. What is asked for stands in each row
under `included`, by name; an unknown name is refused. Where an include has many rows for
each row of a page, pages are short.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from ingestion_site.lib.api_errors import InvalidParameter

PARAMETER = "include"
#: Rows a page at most, with an include that has many rows for each.
SHORT_PAGE = 50

Rows = QuerySet[Any]


@dataclass(frozen=True)
class Include:
    """Something that belongs to a row: how it is fetched, found and shown."""

    name: str
    about: str
    #: What shows it: of one row, or of many.
    serializer: type[serializers.BaseSerializer]
    #: What the row holds of it, once it is fetched.
    of_row: Callable[[Any], Any]
    fetch: Callable[[Rows], Rows] = lambda rows: rows
    is_many: bool = False
    #: Whether pages with it are short.
    is_long: bool = False
    #: Whether the rows in it name their files too, as the row does.
    is_versioned: bool = False
    #: What rows have in common for which it is the same.
    alike: Callable[[Any], Any] | None = None

    @property
    def field(self) -> serializers.BaseSerializer:
        """Its field in OpenAPI."""
        optional: dict[str, Any] = {"required": False, "help_text": self.about}
        if self.is_many:
            return self.serializer(many=True, **optional)
        return self.serializer(allow_null=True, **optional)


def included_field(name: str, includes: Sequence[Include]) -> type[serializers.Field]:
    """Make the field `included` of a row; `name` is what OpenAPI calls its type."""
    fields = {include.name: include.field for include in includes}
    described = type(f"{name}Included", (serializers.Serializer,), fields)

    class Included(serializers.Field):
        """What was asked for, by name."""

        def __init__(self) -> None:
            super().__init__(source="*", required=False, help_text=_HELP)
            #: By name; made for the first row, and good for all.
            self._shown: dict[str, Callable[[Any], Any]] | None = None

        def to_representation(self, row: Any) -> dict[str, Any]:
            """Show each include that was asked for."""
            if self._shown is None:
                asked = self.context["includes"]
                self._shown = {i.name: _shows(i, self.context) for i in asked}
            return {name: show(row) for name, show in self._shown.items()}

    shown: type[serializers.Field] = extend_schema_field(described(required=False))(
        Included
    )
    return shown


def _shows(include: Include, context: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Give what shows an include of a row as JSON."""
    one = include.serializer(context=context).to_representation
    known: dict[Any, Any] = {}

    def show(row: Any) -> Any:
        held = include.of_row(row)
        if include.is_many:
            return [one(part) for part in held]
        return None if held is None else one(held)

    def show_alike(row: Any) -> Any:
        key = include.alike(row) if include.alike else None
        if key not in known:
            known[key] = show(row)
        return known[key]

    return show_alike if include.alike else show


_HELP = "What `include` asked for; not there where nothing was."


class HasIncluded(serializers.Serializer):
    """A row whose field `included` is there only where something was asked for."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Leave it out where nothing was; OpenAPI, which asks for nothing, has it."""
        fields: dict[str, serializers.Field] = super().get_fields()
        if "includes" in self.context and not self.context["includes"]:
            fields.pop("included")
        return fields


class IncludesSchema(AutoSchema):
    """OpenAPI with the parameter `include`, in lists and of one row."""

    def get_override_parameters(self) -> list[Any]:
        """Add the parameter."""
        includes: Sequence[Include] = self.view.includes
        names = {"type": "string", "enum": sorted(i.name for i in includes)}
        schema = {"type": "array", "items": names, "minItems": 1, "uniqueItems": True}
        about = " ".join(f"`{i.name}`: {i.about}" for i in includes)
        told = OpenApiParameter(
            PARAMETER,
            schema,
            description=f"What to add to each row, with commas between. {about}",
            explode=False,
            style="form",
        )
        return [*super().get_override_parameters(), told]


class Includes(GenericAPIView):
    """A view that fetches what `include` asks for, with the rows."""

    includes: Sequence[Include] = ()
    extra_parameters = (PARAMETER,)

    @property
    def asked_includes(self) -> list[Include]:
        """What was asked for; nothing where OpenAPI is made."""
        request: Request | None = getattr(self, "request", None)
        if request is None or PARAMETER not in request.query_params:
            return []
        return _read(request.query_params.getlist(PARAMETER), self.includes)

    def get_queryset(self) -> Rows:
        """Fetch it with the rows."""
        rows: Rows = super().get_queryset()
        for include in self.asked_includes:
            rows = include.fetch(rows)
        return rows

    def paginate_queryset(self, queryset: Any) -> Any:
        """Keep pages short that have many rows for each of theirs."""
        if any(include.is_long for include in self.asked_includes):
            paging: Any = self.paginator
            paging.page_size = paging.max_page_size = SHORT_PAGE
        return super().paginate_queryset(queryset)

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer what was asked for; OpenAPI tells of all."""
        if getattr(self, "swagger_fake_view", False):
            return dict(super().get_serializer_context())
        return {**super().get_serializer_context(), "includes": self.asked_includes}


def _read(values: list[str], includes: Sequence[Include]) -> list[Include]:
    if len(values) > 1:
        raise InvalidParameter(f"{PARAMETER}: given {len(values)} times.")
    known = {include.name: include for include in includes}
    names = values[0].split(",")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InvalidParameter(
            f"{PARAMETER}: not one of {', '.join(known)}: {', '.join(unknown)[:100]}."
        )
    if len(names) > len(set(names)):
        raise InvalidParameter(f"{PARAMETER}: names something twice.")
    return [known[name] for name in names]
