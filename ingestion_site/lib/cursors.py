"""Where a page starts: the last key of the one before, and the window's end if any."""

import base64

from django.db.models import Model

from ingestion_site.lib.api_errors import InvalidParameter

BIGGEST_KEY = 2**63 - 1
Key = int | tuple[int, ...]


def encode(key: Key, *, as_of: str = "") -> str:
    """Give the cursor of the page after a key, which may be a composite one."""
    columns = key if isinstance(key, tuple) else (key,)
    text = ".".join(map(str, columns)) + (f"@{as_of}" if as_of else "")
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(token: str, *, model: type[Model]) -> Key:
    """Give the key that the page starts after."""
    key, _ = _decode(token)
    try:
        columns = tuple(int(column) for column in key.split("."))
    except ValueError:
        columns = ()
    is_sane = all(0 <= column <= BIGGEST_KEY for column in columns)
    if not is_sane or len(columns) != len(model._meta.pk_fields):
        raise InvalidParameter("cursor: not one of this list; start without it.")
    return columns if len(columns) > 1 else columns[0]


def as_of_of(token: str) -> str:
    """Give the end of the window that the cursor keeps; empty where it keeps none."""
    return _decode(token)[1]


def _decode(token: str) -> tuple[str, str]:
    padded = token + "=" * (-len(token) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        return "", ""
    key, _, as_of = text.partition("@")
    return key, as_of
