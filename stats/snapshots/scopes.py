"""Texts of any kind -> a scope: short, in letters that every address can hold."""

import hashlib
from urllib.parse import quote

#: A part that is longer is cut, and told from others by a hash.
PART_LENGTH = 100
HASH_LENGTH = 16


def scope_of(*parts: object) -> str:
    """Give the parts with slashes between them: `f1/2022`, `f1/venue/albert_park`.

    What an address cannot hold is percent-encoded; different parts give different scopes.
    """
    return "/".join(_written(str(part)) for part in parts)


def _written(part: str) -> str:
    text = quote(part, safe="", errors="surrogatepass")
    if len(text) <= PART_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
    return f"{text[: PART_LENGTH - HASH_LENGTH - 1]}~{digest}"
