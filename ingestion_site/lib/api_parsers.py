"""Bodies of requests: JSON of a bounded size and depth."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """JSON; the framework's own reads whatever comes into memory."""

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        """Give the value, or refuse."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = parser_context["request"].META.get("CONTENT_LENGTH") or "0"
        if most is not None and int(length) > most:
            raise RequestDataTooBig
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
