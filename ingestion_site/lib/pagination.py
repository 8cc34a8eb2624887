"""Cursor pages over the primary key, and an admin paginator that does not count."""

import base64
import operator
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ingestion_site.lib.api_errors import InvalidParameter

BIGGEST_KEY = 2**63 - 1
Key = int | tuple[int, ...]


class KeyPagination(BasePagination):
    """Walk by primary key, a composite one too: a page starts after the last key.

    Rows that come or go while a client walks make it repeat nothing and miss nothing.
    2,000 rows a page at most, so that one page can hold all the laps of a race.
    """

    ordering = "pk"
    page_size = 100
    max_page_size = 2_000
    cursor_query_param = "cursor"
    page_size_query_param = "page_size"
    has_more = False
    #: The primary key of a row, in the order of its columns.
    key_of = operator.attrgetter("pk")

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        """Give the rows of the queryset after the cursor."""
        self.request = request
        size = self._page_size(request.query_params)
        token = request.query_params.get(self.cursor_query_param)
        if token is not None:
            beyond = "pk__lt" if self.ordering.startswith("-") else "pk__gt"
            key = _decode(token, model=queryset.model)
            queryset = queryset.filter(**{beyond: key})
        # One row more than asked tells whether another page follows.
        rows = list(queryset.order_by(self.ordering)[: size + 1])
        self.has_more = len(rows) > size
        self.page = rows[:size]
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        """Give the rows, and the address of those that follow."""
        return Response({"next": self._next_link(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page in OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the two parameters in OpenAPI."""
        size = {
            "type": "integer",
            "minimum": 1,
            "maximum": self.max_page_size,
            "default": self.page_size,
        }
        described = {
            self.cursor_query_param: ("Where the page starts.", {"type": "string"}),
            self.page_size_query_param: ("Rows a page.", size),
        }
        return [
            {"name": name, "in": "query", "description": text, "schema": schema}
            for name, (text, schema) in described.items()
        ]

    def _page_size(self, parameters: Any) -> int:
        text = parameters.get(self.page_size_query_param, str(self.page_size))
        # isdecimal() and a short text: int() takes more than digits, and long ones.
        if text.isdecimal() and len(text) < 10 and 1 <= int(text) <= self.max_page_size:
            return int(text)
        raise InvalidParameter(
            f"{self.page_size_query_param}: not a whole number "
            f"from 1 to {self.max_page_size}."
        )

    def _next_link(self) -> str | None:
        if not self.has_more:
            return None
        address = self.request.build_absolute_uri()
        token = _encode(self.key_of(self.page[-1]))
        return str(replace_query_param(address, self.cursor_query_param, token))


class NewestFirstPagination(KeyPagination):
    """Walk from the row that was made last to the first."""

    ordering = "-pk"


def _encode(key: Key) -> str:
    columns: Sequence[int] = key if isinstance(key, tuple) else (key,)
    text = ".".join(map(str, columns))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(token: str, *, model: type[Model]) -> Key:
    padded = token + "=" * (-len(token) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        columns = tuple(int(column) for column in text.split("."))
    except ValueError:
        columns = ()
    is_sane = all(0 <= column <= BIGGEST_KEY for column in columns)
    if not is_sane or len(columns) != len(model._meta.pk_fields):
        raise InvalidParameter("cursor: not one of this list; start without it.")
    return columns if len(columns) > 1 else columns[0]


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]
    """Take the planner's row estimate for an unfiltered big table instead of counting."""

    #: Below this estimate an exact count is cheap.
    count_exactly_below_rows = 50_000

    @cached_property
    def count(self) -> int:
        query = self.object_list.query  # type: ignore[attr-defined]
        if query.where:
            return int(super().count)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)",
                [query.model._meta.db_table],
            )
            estimate = int(cursor.fetchone()[0])
        if estimate < self.count_exactly_below_rows:
            return int(super().count)
        return estimate
