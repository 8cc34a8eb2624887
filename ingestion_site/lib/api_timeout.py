"""No read of the API keeps the database busy for longer than some seconds.

The bound is the server's own `statement_timeout`, set on the connection when a read
sends its first query and reset when the view has answered. Streams and writes have their
own bounds. Who asks for too much is told what to narrow.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from psycopg.pq import TransactionStatus
from rest_framework.exceptions import APIException

PREFIX = "/api/"
READS = ("GET", "HEAD")


class TookTooLong(APIException):
    """A read that the database was stopped at."""

    status_code = 504
    default_code = "took_too_long"


def too_long(error: Exception) -> TookTooLong | None:
    """Give the error of a statement that was stopped; None for any other."""
    if not isinstance(error, OperationalError):
        return None
    if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
        return None
    return TookTooLong(
        f"The answer would have taken longer than {settings.API_STATEMENT_SECONDS} s."
    )


class _Bound:
    """Sets the timeout before the first query of a request."""

    def __init__(self) -> None:
        self.is_set = False

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        if not self.is_set:
            self.is_set = True
            # Beside Django's cursor: it is none of the queries that the answer takes.
            milliseconds = int(settings.API_STATEMENT_SECONDS * 1000)
            _raw().execute(f"SET statement_timeout = {milliseconds}")
        return execute(sql, params, many, context)

    def lift(self) -> None:
        """Reset it, unless the connection went or its transaction takes it back."""
        raw = connection.connection
        if not self.is_set or raw is None or raw.closed:
            return
        if raw.info.transaction_status != TransactionStatus.INERROR:
            raw.execute("RESET statement_timeout")


def _raw() -> Any:
    connection.ensure_connection()
    return connection.connection


class HoldsConnection(StreamingHttpResponse):
    """A stream of rows that the database is still sending when the view has answered.

    Whatever else is asked on its connection would wait for it, without end.
    """


class StatementTimeoutMiddleware:
    """Bound what reads of the API may ask of the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the bound."""
        if request.method not in READS or not request.path.startswith(PREFIX):
            return self.get_response(request)
        bound = _Bound()
        response = None
        try:
            with connection.execute_wrapper(bound):
                response = self.get_response(request)
        finally:
            if not isinstance(response, HoldsConnection):
                bound.lift()
        if isinstance(response, HoldsConnection):
            # Closed in this order: first its rows, which hold the connection till then.
            response._resource_closers.append(bound.lift)  # type: ignore[attr-defined]
        return response
