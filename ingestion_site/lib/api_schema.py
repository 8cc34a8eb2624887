"""What OpenAPI says on top of drf-spectacular: errors, and what is deprecated."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

COMPONENT = "Error"
TEXT = {"type": "string"}
FIELD_ERROR = {
    "type": "object",
    "properties": {"param": TEXT, "code": TEXT, "detail": TEXT},
    "required": ["param", "code", "detail"],
}
ERROR = {
    "type": "object",
    "properties": {
        "type": {**TEXT, "description": "What went wrong, for programs."},
        "code": {**TEXT, "description": "What exactly, where the type does not say."},
        "detail": {**TEXT, "description": "The same for people."},
        "hint": {**TEXT, "description": "What to do about it."},
        "param": {**TEXT, "description": "The query parameter that it is about."},
        "errors": {
            "type": "array",
            "items": FIELD_ERROR,
            "description": "What is wrong with the fields of a body.",
        },
        "request_id": {**TEXT, "description": "It is in the server's log, too."},
    },
    "required": ["type", "detail", "hint", "request_id"],
}
ALWAYS = {
    "400": "A parameter is unknown or invalid, or the request is malformed",
    "401": "No credentials, or none that are good",
    "403": "The token lacks the scope, or its user the permission",
    "406": "What the client accepts is not given here",
    "429": "Asked too often; Retry-After says when it may be asked again",
}
WITH_BODY = {
    "413": "The body is too large",
    "415": "The body is of a kind that is not read",
}
NOT_FOUND = {"404": "There is no such row"}
RETRY_AFTER = {
    "description": "Seconds to wait.",
    "schema": {"type": "integer", "minimum": 1},
}


class Schema(AutoSchema):  # type: ignore[misc]
    """Marks what `api_deprecation` marks."""

    def is_deprecated(self) -> bool:
        """Say whether the whole operation is."""
        marked = getattr(self.view, "deprecated_operations", {})
        name = getattr(self.view, "action", None) or self.method.lower()
        return name in marked or bool(super().is_deprecated())

    def _get_parameters(self) -> list[dict[str, Any]]:
        marked = getattr(self.view, "deprecated_parameters", {})
        return [
            {**parameter, "deprecated": True}
            if parameter["in"] == "query" and parameter["name"] in marked
            else parameter
            for parameter in super()._get_parameters()
        ]


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the errors of every operation; what an operation says itself stays.

    405 is the answer to methods that an address does not have, so it stands nowhere.
    """
    result["components"]["schemas"][COMPONENT] = ERROR
    for path, operations in result["paths"].items():
        for operation in operations.values():
            expected = {**ALWAYS}
            if "{" in path:
                expected |= NOT_FOUND
            if "requestBody" in operation:
                expected |= WITH_BODY
            for code, description in expected.items():
                operation["responses"].setdefault(code, _answer(code, description))
            in_order = sorted(operation["responses"].items())
            operation["responses"] = dict(in_order)
    return result


def _answer(code: str, description: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": f"#/components/schemas/{COMPONENT}"}}
    answer: dict[str, Any] = {
        "description": description,
        "content": {"application/json": reference},
    }
    if code == "429":
        answer["headers"] = {"Retry-After": RETRY_AFTER}
    return answer
