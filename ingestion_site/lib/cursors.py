"""Where a page starts: the last key of the one before, and the window's end if any.

A cursor belongs to one walk, a list with its filters; on another it is refused, where it
would begin somewhere in the middle without a word.
"""

import base64
import hashlib
import re
from typing import Any

from django.db.models import Model

from ingestion_site.lib.api_errors import InvalidParameter

BIGGEST_KEY = 2**63 - 1
Key = int | tuple[int, ...]
SHAPE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,19})*)~([0-9a-f]{8})(?:@([0-9a-f-]+))?")


def name_of(*walk: Any) -> str:
    """Give a short name of a walk."""
    return hashlib.sha256(repr(walk).encode(errors="surrogatepass")).hexdigest()[:8]


def encode(key: Key, *, walk: str, as_of: str = "") -> str:
    """Give the cursor of the page after a key, which may be a composite one."""
    columns = key if isinstance(key, tuple) else (key,)
    text = ".".join(map(str, columns)) + f"~{walk}" + (f"@{as_of}" if as_of else "")
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(token: str, *, model: type[Model], walk: str) -> Key:
    """Give the key that the page starts after."""
    key, of, _ = _decode(token)
    columns = tuple(int(column) for column in key.split(".")) if key else ()
    is_sane = all(column <= BIGGEST_KEY for column in columns)
    if of != walk or not is_sane or len(columns) != len(model._meta.pk_fields):
        raise InvalidParameter(
            "cursor: not one of this list with these filters; start without it."
        )
    return columns if len(columns) > 1 else columns[0]


def as_of_of(token: str) -> str:
    """Give the end of the window that the cursor keeps; empty where it keeps none."""
    return _decode(token)[2]


def _decode(token: str) -> tuple[str, str, str]:
    padded = token + "=" * (-len(token) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        return "", "", ""
    found = SHAPE.fullmatch(text)
    return (found[1], found[2], found[3] or "") if found else ("", "", "")
