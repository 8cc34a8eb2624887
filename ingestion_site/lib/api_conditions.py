"""If-None-Match and If-Match against an ETag -> a 304, a refusal, or nothing."""

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.exceptions import APIException
from rest_framework.request import Request


class PreconditionFailed(APIException):
    """Say that If-Match does not hold."""

    status_code = 412
    default_code = "precondition_failed"
    default_detail = "If-Match: what is stored has another ETag."


def answer_if_known(request: Request, *, etag: str) -> HttpResponseBase | None:
    """Give the 304 where the client holds what has this ETag; raise where it must not."""
    known = get_conditional_response(request._request, etag=etag)
    if known is None:
        return None
    if known.status_code == PreconditionFailed.status_code:
        raise PreconditionFailed
    known.headers["ETag"] = etag
    return known
