"""The one shape of the API's errors."""

from typing import Any

ALWAYS = {"type", "detail", "hint", "request_id"}
SOMETIMES = {"code", "param"}
FIELD_ERROR = {"param", "code", "detail"}


def assert_shape(response: Any, *, status: int, kind: str) -> dict[str, Any]:
    """Check an error in all that every error has; give it."""
    assert response.status_code == status, response.content[:1000]
    assert response["Content-Type"].startswith("application/json")
    error: dict[str, Any] = response.json()
    assert error["type"] == kind, error
    assert set(error) >= ALWAYS
    assert set(error) <= ALWAYS | SOMETIMES | {"errors"}
    texts = [text for name, text in error.items() if name != "errors"]
    assert all(isinstance(text, str) and text for text in texts), error
    assert all(set(each) == FIELD_ERROR for each in error.get("errors", [{}]) if each)
    assert error["request_id"] == response["X-Request-ID"]
    return error
