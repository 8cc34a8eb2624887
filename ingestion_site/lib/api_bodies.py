"""Bodies of requests: bounded, and refused by their length before they are read.

What they say is read by `api_parsers`, which views import: this imports views.
"""

from typing import Any

from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.views import APIView

from ingestion_site.lib.api_errors import TooLarge


class InvalidBody(exceptions.ValidationError):
    """A field of the body that is unknown, missing, or cannot be meant."""

    default_code = "invalid_body"


class LengthRequired(exceptions.APIException):
    """A body in chunks, whose end nobody has told."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "The body has no Content-Length, and is not read without one."


class BoundedBody(APIView):
    """A view that refuses bodies above its bound by their length, before they are read."""

    def most_bytes(self) -> int:
        """Give the bytes that a body may have."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse first: who may ask is told from cookies and headers alone."""
        refuse_unread(request)
        refuse_above(request, most=self.most_bytes())
        super().initial(request, *args, **kwargs)


def refuse_unread(request: Request) -> None:
    """Raise where a body would be taken for empty, or for another than it is."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get(
        "CONTENT_LENGTH"
    ):
        raise LengthRequired
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise exceptions.UnsupportedMediaType(
            encoding,
            "Content-Encoding: bodies are taken as they are, not compressed.",
        )


def refuse_above(request: Request, *, most: int) -> None:
    """Raise TooLarge where the request says that it is longer."""
    said = str(request.META.get("CONTENT_LENGTH") or 0)
    if said.isdecimal() and int(said) > most:
        raise TooLarge(f"The body has {int(said):,} bytes; at most {most:,} are taken.")
