"""Count what is refused before the throttle comes to it; then it is said as ever.

Wrong credentials count for the address they come from, what a known user may not count
as any other request of theirs.
"""

from typing import Any

from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rates
from accounts.rates import Allowance
from accounts.throttling import is_counted, spend
from ingestion_site.lib import api_errors
from ingestion_site.lib.api_headers import add_headers


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Give any error of the API in its one shape, or that there were too many."""
    request = context.get("request")
    if request is None:
        return api_errors.exception_handler(error, context)
    if isinstance(error, NotAuthenticated | AuthenticationFailed):
        error = _refused_from_address(error, request)
    elif isinstance(error, PermissionDenied) and request.user.is_authenticated:
        error = _refused_to_user(error, request, context.get("view"))
    return api_errors.exception_handler(error, context)


def _refused_from_address(error: Exception, request: Request) -> Exception:
    kind = rates.FAILURES
    allowance = rates.spend(kind, key=rates.key_of_address(request))
    return _told(allowance, request, error)


def _refused_to_user(error: Exception, request: Request, view: Any) -> Exception:
    if is_counted(request):
        return error
    return _told(spend(request, view), request, error)


def _told(allowance: Allowance | None, request: Request, error: Exception) -> Exception:
    if allowance is None:
        return error
    add_headers(request, allowance.as_headers())
    return error if allowance.remaining >= 0 else Throttled(allowance.seconds)
