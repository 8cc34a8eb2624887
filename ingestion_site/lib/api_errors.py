"""One error shape for the whole API: {"type", "detail", "hint"}."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as default_handler

HINTS = {
    status.HTTP_400_BAD_REQUEST: "Mend the named parameter; /api/v1/docs/ lists them.",
    status.HTTP_401_UNAUTHORIZED: "Send credentials of a Scrutineer user.",
    status.HTTP_403_FORBIDDEN: "Ask an administrator for the permission named.",
    status.HTTP_404_NOT_FOUND: "Check the id and the address.",
    status.HTTP_405_METHOD_NOT_ALLOWED: "This resource can only be read.",
    status.HTTP_406_NOT_ACCEPTABLE: "Ask for application/json.",
}
COMPONENT = "Error"


class UnknownParameter(exceptions.ValidationError):
    """A query parameter that the resource does not have."""

    default_code = "unknown_parameter"


class InvalidParameter(exceptions.ValidationError):
    """A query parameter whose value cannot be meant."""

    default_code = "invalid_parameter"


class NoSuchResource(APIView):
    """Every address of the API that is none: 401 or 404 in the one shape."""

    permission_classes = [IsAuthenticated]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whatever the method, once the credentials are known to be good."""
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound("There is no such resource.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give an API error as type, detail and what to do about it."""
    error = _of_the_api(error)
    response = default_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = {
        "type": error.default_code,
        "detail": " ".join(_sentences(error.detail)),
        "hint": HINTS.get(response.status_code, "See /api/v1/docs/."),
    }
    return response


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the errors of every operation to the OpenAPI document."""
    text = {"type": "string"}
    result["components"]["schemas"][COMPONENT] = {
        "type": "object",
        "properties": {"type": text, "detail": text, "hint": text},
        "required": ["type", "detail", "hint"],
    }
    reference = {"schema": {"$ref": f"#/components/schemas/{COMPONENT}"}}
    answers = {
        "400": "A parameter is unknown or invalid",
        "401": "No credentials, or wrong ones",
        "404": "There is no such row",
    }
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for code, description in answers.items():
                if code == "404" and "{" not in path:
                    continue
                operation["responses"][code] = {
                    "description": description,
                    "content": {"application/json": reference},
                }
    return result


def _of_the_api(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error


def _sentences(detail: Any, *, name: str = "") -> Iterator[str]:
    """Flatten an error's detail, each sentence after the parameter that it is about."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _sentences(value, name=str(key))
    elif isinstance(detail, list):
        for value in detail:
            yield from _sentences(value, name=name)
    else:
        yield f"{name}: {detail}" if name else str(detail)
