"""Headers that the answer to a request of the API will carry, whatever becomes of it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Give what was added so far, to be added to; the middleware keeps it."""
    headers: dict[str, str] = getattr(request, "api_headers", {})
    return headers


def add_headers(request: Any, headers: Mapping[str, str]) -> None:
    """Have the answer to a request of the framework carry these."""
    headers_of(request._request).update(headers)
