"""Cursor pages over the primary key, and an admin paginator that does not count."""

import operator
import re
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ingestion_site.lib import cursors
from ingestion_site.lib.api_changes import DESCRIPTION, PARAMETER, Window, touched_of
from ingestion_site.lib.api_errors import InvalidParameter


class KeyPagination(BasePagination):
    """Walk by primary key, a composite one too: a page starts after the last key.

    Rows that come or go while a client walks make it repeat nothing and miss nothing.
    Where the view follows changes (`api_changes`), every page keeps the window of the
    first, and names its end as `as_of`.
    2,000 rows a page at most, so that one page can hold all the laps of a race.
    """

    ordering = "pk"
    page_size = 100
    max_page_size = 2_000
    cursor_query_param = "cursor"
    page_size_query_param = "page_size"
    #: What may differ from page to page of a walk.
    _of_a_page = (cursor_query_param, page_size_query_param, "include")
    has_more = False
    window: Window | None = None
    #: The primary key of a row, in the order of its columns.
    key_of = operator.attrgetter("pk")

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        """Give the rows of the queryset after the cursor."""
        self.request = request
        self.window = getattr(view, "window", None)
        size = self._page_size(request.query_params)
        token = request.query_params.get(self.cursor_query_param)
        if token is not None:
            beyond = "pk__lt" if self.ordering.startswith("-") else "pk__gt"
            key = cursors.key_of(token, model=queryset.model, walk=self._walk())
            queryset = queryset.filter(**{beyond: key})
        # One row more than asked tells whether another page follows.
        rows = list(queryset.order_by(self.ordering)[: size + 1])
        self.has_more = len(rows) > size
        self.page = rows[:size]
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        """Give the rows, and the address of those that follow."""
        page = {"next": self._next_link(), "results": data}
        if self.window:
            page = {"as_of": self.window.as_of, **page}
        return Response(page)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page in OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        as_of = {
            "type": "string",
            "description": f"Where {PARAMETER} is given: what to ask with next.",
        }
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"as_of": as_of, "next": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the parameters in OpenAPI."""
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
        if touched_of(view):
            described[PARAMETER] = (DESCRIPTION, {"type": "string"})
        return [
            {"name": name, "in": "query", "description": text, "schema": schema}
            for name, (text, schema) in described.items()
        ]

    def _page_size(self, parameters: Any) -> int:
        text = parameters.get(self.page_size_query_param, str(self.page_size))
        # int() takes more than these digits, and long ones.
        is_number = re.fullmatch(r"[0-9]{1,9}", text)
        if is_number and 1 <= int(text) <= self.max_page_size:
            return int(text)
        raise InvalidParameter(
            f"{self.page_size_query_param}: not a whole number "
            f"from 1 to {self.max_page_size}."
        )

    def _walk(self) -> str:
        """Tell this walk from others: by its list and filters, which all pages share."""
        told = [
            (name, values)
            for name, values in sorted(self.request.query_params.lists())
            if name not in self._of_a_page
        ]
        return cursors.name_of(self.request.path, told)

    def _next_link(self) -> str | None:
        if not self.has_more:
            return None
        address = self.request.build_absolute_uri()
        as_of = self.window.as_of if self.window else ""
        key = self.key_of(self.page[-1])
        token = cursors.encode(key, walk=self._walk(), as_of=as_of)
        return str(replace_query_param(address, self.cursor_query_param, token))


class NewestFirstPagination(KeyPagination):
    """Walk from the row that was made last to the first."""

    ordering = "-pk"


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
