"""What the OpenAPI document says on top of what views say, of what is sent.

Errors of operations that change something, bodies that take no other fields, ids, and
formats.
"""

from collections.abc import Iterator
from typing import Any

ANSWERS = {
    "403": "The token lacks a scope, or the user a permission",
    "409": "The state of things does not let it be done",
    "413": "The body is too large",
    "415": "The body is of another type",
    "503": "The database was busy or away: ask again",
}
UNPROCESSABLE = {"422": "What is named is not there, or cannot be taken"}
ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
#: How the names of bodies end: they refuse fields that they do not have.
BODY = "BodyRequest"
TIME_OF_DAY = r"^\d\d:\d\d:\d\d(\.\d{1,6})?$"
READS = ("get", "head", "options")


def describe_writes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every operation that writes what it can be refused with; close bodies."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith(BODY):
            schema["additionalProperties"] = False
    for method, operation in _operations(result):
        if method in READS:
            continue
        more = UNPROCESSABLE if "requestBody" in operation else {}
        for code, description in (ANSWERS | more).items():
            operation["responses"].setdefault(
                code, {"description": description, "content": ERROR}
            )
    return result


def describe_ids(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of the ids in addresses that they are counted from 1."""
    for _method, operation in _operations(result):
        for parameter in operation.get("parameters", []):
            schema = parameter.get("schema", {})
            if parameter["in"] == "path" and schema.get("type") == "integer":
                schema["minimum"] = 1
    return result


def describe_formats(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Leave out formats that say more than is so.

    A number in a query has no bounds: one that no row can have finds nothing. A time of
    day has no offset, which the format `time` asks for (RFC 3339).
    """
    for _method, operation in _operations(result):
        for parameter in operation.get("parameters", []):
            schema = parameter.get("schema", {})
            if parameter["in"] == "query" and schema.get("type") == "integer":
                schema.pop("format", None)
    for component in result["components"]["schemas"].values():
        for schema in component.get("properties", {}).values():
            if schema.get("format") == "time":
                del schema["format"]
                schema["pattern"] = TIME_OF_DAY
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in result["paths"].values():
        yield from operations.items()
