"""JSON bodies -> data: bounded, and nothing in them is dropped or guessed.

A field that stands twice, NaN, a lone surrogate or a nesting without end is refused, and
so is a body that is longer than what any request without files may have.
"""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """JSON that can only be read in one way."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give what the body says; a ParseError says why it cannot be read."""
        _refuse_too_long((parser_context or {}).get("request"))
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


def _refuse_too_long(request: Any) -> None:
    """Raise RequestDataTooBig by what the request says: Django asks only of forms."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    said = str(request.META.get("CONTENT_LENGTH") or 0) if request else "0"
    if most is not None and said.isdecimal() and int(said) > most:
        raise RequestDataTooBig


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands twice")
        found[name] = value
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
