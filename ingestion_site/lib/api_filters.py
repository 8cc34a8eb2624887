"""Filters of lists: what a client asks for is applied or refused, never ignored."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.plumbing import build_parameter_type
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ingestion_site.lib import api_changes
from ingestion_site.lib.api_errors import InvalidParameter, UnknownParameter
from ingestion_site.lib.column_filters import ValueFilter


class StrictFilterBackend(DjangoFilterBackend):
    """Refuse parameters that are unknown, repeated or empty.

    A view names in `extra_parameters` what it reads itself, in lists and of one row.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Filter a list; one row has its address, and no filters."""
        extra: Sequence[str] = getattr(view, "extra_parameters", ())
        known = [] if view.detail else self._known(queryset, view)
        check_parameters(request.query_params, known=[*known, *extra])
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


class StrictFilterExtension(DjangoFilterExtension):  # type: ignore[no-untyped-call]
    """Describe filters in OpenAPI with the bounds that they hold to."""

    target_class = "ingestion_site.lib.api_filters.StrictFilterBackend"
    priority = 1

    def resolve_filter_field(
        self,
        auto_schema: Any,
        model: Any,
        filterset_class: Any,
        field_name: str,
        filter_field: Any,
    ) -> list[dict[str, Any]]:
        """Give the parameter as the filter tells it, or as it can be guessed."""
        if not isinstance(filter_field, ValueFilter):
            guessed: list[dict[str, Any]] = super().resolve_filter_field(
                auto_schema, model, filterset_class, field_name, filter_field
            )
            return guessed
        told = build_parameter_type(
            name=field_name,
            location=OpenApiParameter.QUERY,
            required=filter_field.extra["required"],
            description=filter_field.about,
            schema=filter_field.schema,
            explode=False if filter_field.is_list else None,
            style="form" if filter_field.is_list else None,
        )
        return [told]


def check_parameters(parameters: Any, *, known: Sequence[str]) -> None:
    """Refuse parameters that are unknown, repeated or empty."""
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        # Of a column only its name: the ways to ask for it (laps__gte) are many.
        names = [n for n in known if "__" not in n or n.partition("__")[0] not in known]
        raise UnknownParameter(
            f"Unknown: {', '.join(unknown)}. Known: {', '.join(names) or 'none'}.",
            param=unknown[0],
        )
    for name, values in parameters.lists():
        if len(values) > 1:
            raise InvalidParameter(f"{name}: given {len(values)} times.")
        if not values[0].strip():
            raise InvalidParameter(f"{name}: has no value.")
