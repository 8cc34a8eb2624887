"""One error shape for the whole API.

{"type", "code"?, "detail", "hint", "param"?, "errors"?, "request_id"}: docs/api.md tells
what they mean. Whatever a view raises comes out as that, a bug too: then without a word
of what it was, which is in the log with the request id.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponsePermanentRedirect, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, resolve
from rest_framework import exceptions, status
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback
from rest_framework.views import exception_handler as default_handler

from ingestion_site.lib.api_timeout import too_long

log = structlog.get_logger(__name__)

LOGIN = "Send `Authorization: Bearer` and a token, or log in at /admin/."

HINTS = {
    status.HTTP_400_BAD_REQUEST: "Mend what is named; /api/v1/docs/ lists what there is.",
    status.HTTP_401_UNAUTHORIZED: LOGIN,
    status.HTTP_403_FORBIDDEN: "Ask an administrator for the permission or scope named.",
    status.HTTP_404_NOT_FOUND: "Check the id and the address, which ends with a slash.",
    status.HTTP_405_METHOD_NOT_ALLOWED: "The header Allow names the methods of this address.",
    status.HTTP_406_NOT_ACCEPTABLE: "Ask for application/json.",
    status.HTTP_409_CONFLICT: "Look at it again, and do what the sentence says.",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "Send less at a time.",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "Send a Content-Type that /api/v1/docs/ names.",
    status.HTTP_422_UNPROCESSABLE_ENTITY: "Mend what is named and send it anew.",
    status.HTTP_429_TOO_MANY_REQUESTS: "Wait the seconds that the header Retry-After says.",
    status.HTTP_500_INTERNAL_SERVER_ERROR: "Tell the operator the request_id.",
    status.HTTP_503_SERVICE_UNAVAILABLE: "Ask again in some seconds.",
    status.HTTP_410_GONE: "Begin the walk anew with changed_since=0.",
    status.HTTP_411_LENGTH_REQUIRED: "Send it whole, with the header Content-Length.",
    status.HTTP_412_PRECONDITION_FAILED: "Read it again without If-Match.",
    status.HTTP_504_GATEWAY_TIMEOUT: "Narrow it: name a race, an entrant or a "
    "meeting, ask for fewer rows a page, or leave out a filter.",
}
#: Errors that no view raised: their type, and what they say.
PLAIN = {
    400: ("bad_request", "The request cannot be understood."),
    403: ("permission_denied", "The request is refused."),
    404: ("not_found", "There is no such resource."),
    405: ("method_not_allowed", "The method is not allowed here."),
    413: ("too_large", "The request is too large."),
    500: ("server_error", "The server failed at this request; it is on record."),
    503: ("unavailable", "The database does not answer."),
}
TYPES = {"query_too_long": "The query string is too long."}
RETRY_SECONDS = 5
#: What Django refuses of a form, without the names of its settings.
TOO_MUCH: dict[type[Exception], str] = {
    RequestDataTooBig: "The text of the body is longer than is read.",
    TooManyFieldsSent: "The form has more fields than are read.",
    TooManyFilesSent: "The form has more files than are taken at a time.",
}
#: A detail may say what it was given, not all of it.
MOST_CHARS = 500


class UnknownParameter(exceptions.ValidationError):
    """A query parameter that the resource does not have."""

    default_code = "unknown_parameter"

    def __init__(self, detail: Any, *, param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class InvalidParameter(exceptions.ValidationError):
    """A query parameter whose value cannot be meant; a text starts with its name."""

    default_code = "invalid_parameter"


class TooLarge(exceptions.APIException):
    """More than is read of a body."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is larger than is read."


class Unavailable(exceptions.APIException):
    """The database is away, or too slow."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = PLAIN[503][1]
    wait = RETRY_SECONDS


class ServerError(exceptions.APIException):
    """A bug. What it was is for the log."""

    default_code = "server_error"
    default_detail = PLAIN[500][1]


class NoSuchResource(APIView):
    """Every address of the API that is none: 401 or 404 in the one shape."""

    permission_classes = [IsAuthenticated]
    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Send who only forgot the slash there, unless a body would be lost."""
        if request.method in SAFE_METHODS and _lacks_only_its_slash(request.path_info):
            address = request.get_full_path(force_append_slash=True)
            return HttpResponsePermanentRedirect(address)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whatever the method, once the credentials are known to be good."""
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound("There is no such resource.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Give any error in the one shape."""
    told = _of_the_api(error)
    if not isinstance(told, exceptions.APIException):
        told = _on_record(error, context)
    response = default_handler(told, context)
    assert response is not None  # of an APIException it always is one
    request = getattr(context.get("request"), "_request", None)
    response.data = {
        **_described(told, response.status_code),
        "request_id": getattr(request, "request_id", ""),
    }
    return response


def plain_error(code: int, *, type_: str = "") -> dict[str, Any]:
    """Give the error that a status alone tells of, without its request id."""
    kind, detail = PLAIN.get(code, PLAIN[400] if code < 500 else PLAIN[500])
    if type_:
        kind, detail = type_, TYPES[type_]
    return {"type": kind, "detail": detail, "hint": _hint(code)}


def _described(error: exceptions.APIException, code: int) -> dict[str, Any]:
    sentences = " ".join(_sentences(error.detail))
    described: dict[str, Any] = {
        "type": error.default_code,
        "detail": _cut(sentences or str(error.default_detail)),
        "hint": _hint(code),
    }
    # What the class says is the type; what was said on top of it is the code.
    given = error.get_codes()
    if isinstance(given, str) and given != error.default_code:
        described["code"] = given
    if isinstance(error, UnknownParameter | InvalidParameter):
        described["param"] = _cut(_parameter(error))
    elif isinstance(error.detail, dict):
        described["errors"] = list(_field_errors(error.detail))
    return described


def _parameter(error: UnknownParameter | InvalidParameter) -> str:
    if named := getattr(error, "param", None):
        return str(named)
    if isinstance(error.detail, dict):
        return str(next(iter(error.detail)))
    return str(error.detail[0]).partition(":")[0]


def _of_the_api(error: Exception) -> Exception:
    if took_too_long := too_long(error):
        return took_too_long
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if type(error) in TOO_MUCH:
        return TooLarge(TOO_MUCH[type(error)])
    # Django reads a form before a view can, to look for the token of a session.
    if isinstance(
        error, SuspiciousOperation | UnreadablePostError | MultiPartParserError
    ):
        return exceptions.ParseError(PLAIN[400][1])
    return error


def _on_record(error: Exception, context: dict[str, Any]) -> exceptions.APIException:
    """Log what nobody foresaw, as Django would have."""
    view = type(context.get("view")).__name__
    log.error("api_failed", view=view, exc_info=error)
    # Test clients raise at it; the answer would hide the bug from them.
    request = getattr(context.get("request"), "_request", None)
    got_request_exception.send(sender=exception_handler, request=request)
    set_rollback()
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable()
    return ServerError()


def _lacks_only_its_slash(path: str) -> bool:
    if path.endswith("/"):
        return False
    try:
        found = resolve(path + "/")
    except Resolver404:
        return False
    return getattr(found.func, "cls", None) is not NoSuchResource


def _hint(code: int) -> str:
    return HINTS.get(code, "See /api/v1/docs/.")


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"


def _sentences(detail: Any, *, name: str = "") -> Iterator[str]:
    """Flatten an error's detail, each sentence after the parameter that it is about."""
    for path, message in _leaves(detail, name=name):
        yield f"{path}: {message}" if path else str(message)


def _field_errors(detail: Any) -> Iterator[dict[str, str]]:
    for path, message in _leaves(detail):
        yield {
            "param": _cut(path),
            "code": getattr(message, "code", "invalid"),
            "detail": _cut(str(message)),
        }


def _leaves(detail: Any, *, name: str = "") -> Iterator[tuple[str, Any]]:
    """Give each message with the path to it: `files.0.name`."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _leaves(value, name=f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for place, value in enumerate(detail):
            within = f"{name}.{place}" if isinstance(value, dict) else name
            yield from _leaves(value, name=within)
    else:
        yield name, detail
