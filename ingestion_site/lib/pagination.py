"""Cursor pages over a non-null key, and an admin paginator that does not count."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db import connection
from rest_framework.pagination import CursorPagination


class KeyPagination(CursorPagination):
    """Walk by primary key: rows that arrive while a client walks repeat nothing.

    2,000 rows a page at most, so that one request can hold all the laps of a race.
    """

    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = 2_000


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
