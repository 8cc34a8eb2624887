"""Idempotency-Key: a request that is sent twice is done once and answered alike.

Comes in: a request, and what does it. Goes out: the response, made or said again.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from imports import actions
from imports.actions import Answer, Asked
from ingestion_site.lib.api_errors import InvalidParameter

HEADER = "Idempotency-Key"
#: Says that the answer was given before.
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")

KEY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A name of your own for this request, such as a UUID. Sent again with "
    "the same request, within 24 hours, it does nothing and gives the same answer; "
    "with another request it is refused.",
)


def asked_once(request: Request, said: Any) -> Asked | None:
    """Give what is asked for under the key of the request; None where it has none.

    `said` is all that the request says, as JSON: two of the same are one request.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise InvalidParameter(
            f"{HEADER}: must be 1 to 255 printable characters of ASCII, without spaces."
        )
    what = json.dumps([request.method, request.path, said], sort_keys=True, default=str)
    digest = hashlib.sha256(what.encode(errors="surrogatepass")).hexdigest()
    return Asked(by=request.user, key=key, sha256=digest)  # type: ignore[arg-type]


def respond_once(asked: Asked | None, do: Callable[[], Response]) -> Response:
    """Do it, once for each key, and give the response."""
    if asked is None:
        return do()
    return as_response(actions.answer_once(asked, do=lambda: _answer(do())))


def kept_response(asked: Asked | None) -> Response | None:
    """Give the response that was given under the key, if any was."""
    kept = actions.kept_answer(asked) if asked else None
    return as_response(kept) if kept else None


def as_response(answer: Answer) -> Response:
    """Give an answer as the response that it was."""
    headers = {"Location": answer.location} if answer.location else {}
    if answer.is_kept:
        headers[REPLAYED] = "true"
    return Response(json.loads(answer.body), status=answer.status, headers=headers)


def _answer(response: Response) -> Answer:
    body = JSONRenderer().render(response.data).decode()
    return Answer(response.status_code, body, response.headers.get("Location", ""))
