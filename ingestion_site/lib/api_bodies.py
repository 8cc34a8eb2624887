"""Bodies of requests -> data: bounded, and nothing in them is dropped or guessed.

JSON: a field that stands twice, NaN, a lone surrogate or a nesting without end is
refused, and so is a body that is longer than it may be, before it is read.
"""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from ingestion_site.lib.api_errors import TooLarge


class InvalidBody(exceptions.ValidationError):
    """A field of the body that is unknown, missing, or cannot be meant."""

    default_code = "invalid_body"


class BoundedBody(APIView):
    """A view that refuses bodies above its bound by their length, before they are read."""

    def most_bytes(self) -> int:
        """Give the bytes that a body may have."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse first: who may ask is told from cookies and headers alone."""
        refuse_above(request, most=self.most_bytes())
        super().initial(request, *args, **kwargs)


def refuse_above(request: Request, *, most: int) -> None:
    """Raise TooLarge where the request says that it is longer."""
    said = str(request.META.get("CONTENT_LENGTH") or 0)
    if said.isdecimal() and int(said) > most:
        raise TooLarge(f"The body has {int(said):,} bytes; at most {most:,} are taken.")


class StrictJSONParser(JSONParser):
    """JSON that can only be read in one way."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give what the body says; a ParseError says why it cannot be read."""
        try:
            data = json.loads(
                stream.read().decode(),
                object_pairs_hook=_once_each,
                parse_constant=_no_number,
            )
            # A lone surrogate is no text, wherever it stands.
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            why = (
                "it is nested too deeply"
                if isinstance(error, RecursionError)
                else error
            )
            raise exceptions.ParseError(f"The body is not JSON: {why}.") from error
        return data


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands twice")
        found[name] = value
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
