"""How something of the API goes: it is announced in headers and in OpenAPI first.

`@deprecated(Deprecation(…), operations=…, parameters=…)` on a view and
`@deprecated_fields(Deprecation(…), "name")` on a serializer say what goes; answers then
carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to what to use instead.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema_serializer

#: What is announced stays at least for so long: docs/api.md promises it.
LEAST_NOTICE = dt.timedelta(days=180)
UTC = dt.UTC


@dataclass(frozen=True)
class Deprecation:
    """Since when something is deprecated, when it goes, where that is explained."""

    since: dt.date
    sunset: dt.date
    #: An address, absolute or of this site.
    link: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < LEAST_NOTICE:
            raise ValueError(
                f"{self.since} to {self.sunset} is less than the "
                f"{LEAST_NOTICE.days} days' notice that docs/api.md promises."
            )

    def as_headers(self) -> dict[str, str]:
        """Give the fields of an answer."""
        return {
            "Deprecation": f"@{_seconds(self.since)}",
            "Sunset": http_date(_seconds(self.sunset)),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


def deprecated(
    deprecation: Deprecation,
    *,
    operations: Iterable[str] = (),
    parameters: Iterable[str] = (),
) -> Callable[[type], type]:
    """Mark actions or methods of a view, and query parameters of its list."""

    def mark(view: Any) -> Any:
        view.deprecated_operations = {
            **getattr(view, "deprecated_operations", {}),
            **dict.fromkeys(operations, deprecation),
        }
        view.deprecated_parameters = {
            **getattr(view, "deprecated_parameters", {}),
            **dict.fromkeys(parameters, deprecation),
        }
        return view

    return mark


def deprecated_fields(deprecation: Deprecation, *fields: str) -> Callable[[type], type]:
    """Mark fields of a serializer: every answer with it says so."""

    def mark(serializer: Any) -> Any:
        before = getattr(serializer, "deprecated_fields", {})
        marked = {**before, **dict.fromkeys(fields, deprecation)}
        serializer.deprecated_fields = marked
        return extend_schema_serializer(deprecate_fields=list(marked))(serializer)

    return mark


def headers_of(view_function: Any, request: HttpRequest) -> dict[str, str]:
    """Give what the answer says of what the request uses; the first to go is named."""
    view = getattr(view_function, "cls", None)
    if view is None:
        return {}
    used = list(_used(view, getattr(view_function, "actions", None) or {}, request))
    return min(used, key=lambda each: each.sunset).as_headers() if used else {}


def _used(
    view: Any, actions: dict[str, str], request: HttpRequest
) -> Iterator[Deprecation]:
    # HEAD asks for what GET would give.
    method = "get" if request.method == "HEAD" else str(request.method).lower()
    name = actions.get(method, method)
    operations: dict[str, Deprecation] = getattr(view, "deprecated_operations", {})
    if name in operations:
        yield operations[name]
    parameters: dict[str, Deprecation] = getattr(view, "deprecated_parameters", {})
    yield from (parameters[each] for each in parameters if each in request.GET)
    serializer = getattr(view, "serializer_class", None)
    yield from getattr(serializer, "deprecated_fields", {}).values()


def _seconds(date: dt.date) -> int:
    return int(dt.datetime.combine(date, dt.time(), tzinfo=UTC).timestamp())
