"""One error shape for the whole API: {"type", "detail", "hint"}."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

HINTS = {
    status.HTTP_400_BAD_REQUEST: "Mend the named parameter; /api/v1/docs/ lists them.",
    status.HTTP_401_UNAUTHORIZED: "Send credentials of a Scrutineer user.",
    status.HTTP_403_FORBIDDEN: "Ask an administrator for the permission named.",
    status.HTTP_404_NOT_FOUND: "Check the id or the page link; rows can be undone.",
    status.HTTP_405_METHOD_NOT_ALLOWED: "This resource can only be read.",
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give an API error as type, detail and what to do about it."""
    response = default_handler(error, context)
    if response is None:
        return None
    detail = response.data
    if isinstance(detail, dict) and set(detail) == {"detail"}:
        detail = detail["detail"]
    response.data = {
        "type": getattr(error, "default_code", "not_found"),
        "detail": detail,
        "hint": HINTS.get(response.status_code, "See /api/v1/docs/."),
    }
    return response
