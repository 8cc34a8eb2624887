"""Every operation of the API as the URL conf has it, and who may ask for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, get_resolver
from rest_framework.permissions import SAFE_METHODS

from ingestion_site.lib.api_access import READ, Access, access_of_action

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PREFIX = "api/v1/"


@dataclass(frozen=True)
class Endpoint:
    """An address of the API with what answers there."""

    route: str
    view: Any
    #: Method to the action or method of the view; what is not here is not allowed.
    operations: dict[str, str]

    @property
    def address(self) -> str:
        """Give an address that the route matches."""
        route = self.route.replace("<export_suffix:suffix>", "csv")
        return f"/{PREFIX}{re.sub(r'<[^>]*>', '1', route)}"

    def access(self, method: str) -> Access:
        """Give what the view says that the method asks for."""
        return access_of_action(self.view, self.operations.get(method, method.lower()))


def endpoints() -> list[Endpoint]:
    """Give all, but the one that is none."""
    found = [
        Endpoint(_plain(route), view.cls, _operations(view))
        for route, view in _walk(get_resolver().url_patterns)
        if route.startswith(PREFIX) and not route.endswith("^.+$")
    ]
    return sorted(found, key=lambda endpoint: endpoint.route)


def asked_for(found: list[Endpoint]) -> dict[str, tuple[str, str | None]]:
    """Give of each operation what it asks for, where it writes or asks for more."""
    return {
        f"{method} {endpoint.route}": (access.scope, access.permission)
        for endpoint in found
        for method in endpoint.operations
        if (access := endpoint.access(method)) != READ or method not in SAFE_METHODS
        if method not in ("HEAD", "OPTIONS")
    }


def _walk(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        else:
            yield from _walk(pattern.url_patterns, route)


def _plain(route: str) -> str:
    plain = simplify_regex(route) if "(?P<" in route or "^" in route else route
    return plain.replace("^", "").replace("$", "").lstrip("/").removeprefix(PREFIX)


def _operations(view: Any) -> dict[str, str]:
    actions = getattr(view, "actions", None)
    if actions is None:
        named = {name: name for name in map(str.lower, METHODS)}
        actions = {name: name for name in named if hasattr(view.cls, name)}
    operations = {method.upper(): name for method, name in actions.items()}
    if "GET" in operations:
        operations["HEAD"] = operations["GET"]
    return {**operations, "OPTIONS": "metadata"}
