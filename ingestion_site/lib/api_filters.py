"""Filters of lists: what a client asks for is applied or refused, never ignored."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, NumberFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ingestion_site.lib import api_changes
from ingestion_site.lib.api_errors import InvalidParameter, UnknownParameter


@extend_schema_field(OpenApiTypes.INT64)
class WholeNumberFilter(NumberFilter):
    """A number without a fraction, such as an id; an id that is none finds nothing."""

    field_class = forms.IntegerField


class StrictFilterBackend(DjangoFilterBackend):
    """Refuse parameters that are unknown, repeated or empty."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Filter a list; one row has its address, and no parameters."""
        known = [] if view.detail else self._known(queryset, view)
        check_parameters(request.query_params, known=known)
        if view.detail:
            return queryset
        try:
            filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise InvalidParameter(error.detail) from error
        return api_changes.follow(filtered, request=request, view=view)

    def _known(self, queryset: QuerySet[Any], view: Any) -> list[str]:
        filters = self.get_filterset_class(view, queryset).base_filters
        paging = view.paginator
        known = [*filters, paging.cursor_query_param, paging.page_size_query_param]
        return (
            [*known, api_changes.PARAMETER] if api_changes.touched_of(view) else known
        )


def check_parameters(parameters: Any, *, known: list[str]) -> None:
    """Refuse parameters that are unknown, repeated or empty."""
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise UnknownParameter(
            f"Unknown: {', '.join(unknown)}. Known: {', '.join(known) or 'none'}.",
            param=unknown[0],
        )
    for name, values in parameters.lists():
        if len(values) > 1:
            raise InvalidParameter(f"{name}: given {len(values)} times.")
        if not values[0].strip():
            raise InvalidParameter(f"{name}: has no value.")
