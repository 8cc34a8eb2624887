"""The API described: its OpenAPI document, and the pages that show it, from local files."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.request import Request
from rest_framework.response import Response

#: Both write styles into the page; ReDoc searches in a worker that it makes itself, and
#: would load its maker's logo from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@cache
def document() -> Any:
    """Give the OpenAPI document: the same for all, so it is made once in a process."""
    return SchemaGenerator().get_schema(request=None, public=True)


class DocumentGenerator(SchemaGenerator):  # type: ignore[misc]
    """It gives the document that was made before."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Give the document, whoever asks."""
        return document()


class DocumentPage(SpectacularAPIView):  # type: ignore[misc]
    """The OpenAPI document, as YAML or JSON."""

    generator_class = DocumentGenerator


class SwaggerPage(SpectacularSwaggerSplitView):  # type: ignore[misc]
    """Swagger UI: try each operation in the browser."""

    schema = None
    template_name = "api/swagger.html"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the page, or its script."""
        response: Response = super().get(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        return response


class RedocPage(SpectacularRedocView):  # type: ignore[misc]
    """ReDoc: the same to read."""

    schema = None
    template_name = "api/redoc.html"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the page."""
        response: Response = super().get(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        return response
