"""The pages that show the API: Swagger UI and ReDoc, from local files alone."""

from typing import Any

from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
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
