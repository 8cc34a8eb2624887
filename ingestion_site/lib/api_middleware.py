"""What every answer carries: a request id, and under /api/v1/ the headers and one shape.

Outermost of the middleware, so that also what others refuse comes by here.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any

import structlog
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.response import Response

from ingestion_site.lib import api_deprecation, api_errors
from ingestion_site.lib.api_headers import headers_of

Answer = Callable[[HttpRequest], HttpResponseBase]

API = "/api/v1/"
HEADER = "X-Request-ID"
#: An id that a proxy or a client gave is kept if it can stand in a log line.
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: More than any filter needs; gunicorn refuses lines above 4,094 bytes by itself.
MOST_QUERY_BYTES = 8_000
HEADERS = {
    # An answer is the asker's alone, and is asked for again before it is used again.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class RequestIds:
    """Give each request an id: in the answer, and on every line that is logged."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the id."""
        given = request.headers.get(HEADER, "")
        request_id = given if SANE_ID.fullmatch(given) else secrets.token_hex(16)
        request.request_id = request_id  # type: ignore[attr-defined]
        # Until the last byte is sent: what Django logs of an answer comes after this.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self._get_response(request)
        response[HEADER] = request_id
        return response


def _forget_id(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("request_id")


request_finished.connect(_forget_id)


class ApiAnswers:
    """Give what is answered under /api/v1/ its headers, and every error its shape."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; all that is not of the API goes by untouched."""
        if not request.path_info.startswith(API):
            return self._get_response(request)
        request.api_headers = {}  # type: ignore[attr-defined]
        response = self._answer(request)
        for name, value in {**HEADERS, **headers_of(request)}.items():
            response.headers.setdefault(name, value)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> None:
        """Say of what is asked for that it will go, if it will."""
        if request.path_info.startswith(API):
            headers_of(request).update(api_deprecation.headers_of(view, request))

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if len(request.META.get("QUERY_STRING", "")) > MOST_QUERY_BYTES:
            return _error(request, api_errors.plain_error(400, type_="query_too_long"))
        response = self._get_response(request)
        if response.status_code < 400 or _is_shaped(response):
            return response
        error = getattr(response, "data", None)
        if not (isinstance(error, dict) and "request_id" in error):
            error = api_errors.plain_error(response.status_code)
        shaped = _error(request, error, status=response.status_code)
        for name in ("WWW-Authenticate", "Retry-After", "Allow"):
            if name in response.headers:
                shaped[name] = response.headers[name]
        return shaped


def _is_shaped(response: HttpResponseBase) -> bool:
    kind = response.headers.get("Content-Type", "")
    return isinstance(response, Response) and kind.startswith("application/json")


def _error(
    request: HttpRequest, error: dict[str, Any], *, status: int = 400
) -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    # A renderer of pages adds it for its template.
    error = {name: value for name, value in error.items() if name != "status_code"}
    response = JsonResponse({**error, "request_id": request_id}, status=status)
    response["Content-Length"] = str(len(response.content))
    return response
