"""Is this a snapshot? Gives its JSON text, or says what is wrong, where, and what to do.

Reads values only; asks no database. What passes is stored as it was given.
"""

import json
import math
import re
from collections.abc import Collection, Iterator
from typing import Any

from stats.errors import DuplicateSnapshot, SnapshotInvalid
from stats.models.stat_snapshot import (
    SCOPE_LENGTH,
    SCOPE_PATTERN,
    TYPE_LENGTH,
    TYPE_PATTERN,
)
from stats.snapshots.batch import SnapshotWrite

MIB = 1024 * 1024
DATA_BYTES = 4 * MIB
DEPTH = 64
BATCH_ROWS = 1_000
BATCH_BYTES = 64 * MIB
#: What a bigint holds; readers in JavaScript keep less.
BIGGEST = 2**63 - 1

#: A value inside a document and the way to it.
Found = tuple[Any, str, int]


def check_key(scope: object, stats_type: object, *, at: str = "") -> None:
    """Refuse what cannot be the key of a snapshot."""
    _check_name(
        scope,
        where=f"{at}scope",
        pattern=SCOPE_PATTERN,
        most=SCOPE_LENGTH,
        advice="letters, digits and . _ ~ % / -; stats.snapshots.scope_of makes one.",
    )
    _check_name(
        stats_type,
        where=f"{at}stats_type",
        pattern=TYPE_PATTERN,
        most=TYPE_LENGTH,
        advice="small letters, digits and _, a letter first.",
    )


def check_version(expected: object, *, at: str = "") -> None:
    """Refuse what can be no expected version; True is no version, though it is an int."""
    if expected is None:
        return
    if type(expected) is not int or not 0 <= expected < BIGGEST:
        raise SnapshotInvalid(
            f"{at}expected_version",
            f"{expected!r:.60} is no version. Give the version that was read, 0 where "
            "there must be no snapshot yet, or None to write whatever is there.",
        )


def checked_json(data: object, *, at: str = "") -> str:
    """Give the document as JSON text."""
    where = f"{at}data"
    if type(data) is not dict:
        raise SnapshotInvalid(
            where, f"a {type(data).__name__} is no JSON object. Give a dict."
        )
    for number, (value, path, depth) in enumerate(_values(data, where)):
        _check_value(value, path=path, depth=depth)
        # A value is a byte at least; one list that stands in many places is many.
        _check_size(number, where=where)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    _check_size(len(text.encode()), where=where)
    return text


def checked_batch(writes: Collection[SnapshotWrite]) -> list[str]:
    """Give the JSON texts of a batch in its order."""
    if len(writes) > BATCH_ROWS:
        raise SnapshotInvalid(
            "batch",
            f"{len(writes):,} snapshots are more than {BATCH_ROWS:,}. Give fewer a call.",
        )
    seen: dict[tuple[str, str], int] = {}
    texts = []
    for number, write in enumerate(writes):
        at = f"batch[{number}]."
        check_key(write.scope, write.stats_type, at=at)
        check_version(write.expected_version, at=at)
        if write.key in seen:
            raise DuplicateSnapshot(
                f"batch[{number}]",
                f"{write.stats_type} of {write.scope} is batch[{seen[write.key]}] too. "
                "Give each key once.",
            )
        seen[write.key] = number
        texts.append(checked_json(write.data, at=at))
    size = sum(map(len, texts))
    if size > BATCH_BYTES:
        raise SnapshotInvalid(
            "batch",
            f"{size:,} characters of JSON are more than {BATCH_BYTES:,}. Give fewer "
            "snapshots a call.",
        )
    return texts


def _check_size(size: int, *, where: str) -> None:
    if size > DATA_BYTES:
        raise SnapshotInvalid(
            where,
            f"its JSON is longer than {DATA_BYTES:,} bytes. Keep the first rows and say "
            "how many there are, or write several scopes.",
        )


def _check_name(
    name: object, *, where: str, pattern: str, most: int, advice: str
) -> None:
    if not isinstance(name, str):
        raise SnapshotInvalid(where, f"a {type(name).__name__} is no text. Give a str.")
    if not name:
        raise SnapshotInvalid(where, f"is empty. Use {advice}")
    if len(name) > most:
        raise SnapshotInvalid(
            where, f"{len(name):,} characters are more than {most}. Shorten it."
        )
    # fullmatch: `$` lets a line end pass.
    if not re.fullmatch(pattern, name):
        raise SnapshotInvalid(where, f"{name!r:.80} is not allowed. Use {advice}")


def _values(data: dict[Any, Any], where: str) -> Iterator[Found]:
    """Give all values and keys inside, without recursion: a depth may be hostile."""
    waiting: list[Found] = [(data, where, 1)]
    while waiting:
        value, path, depth = waiting.pop()
        yield value, path, depth
        if type(value) is dict:
            for key, inner in value.items():
                _check_name_of_member(key, path=path)
                waiting.append((inner, f"{path}.{key:.60}", depth + 1))
        elif type(value) is list:
            for number, inner in enumerate(value):
                waiting.append((inner, f"{path}[{number}]", depth + 1))


def _check_name_of_member(key: object, *, path: str) -> None:
    if type(key) is not str:
        raise SnapshotInvalid(
            path, f"the key {key!r:.60} is no text. JSON would change it; write str()."
        )
    _check_text(key, path=path)


def _check_value(value: object, *, path: str, depth: int) -> None:
    if depth > DEPTH:
        raise SnapshotInvalid(path[:200], f"is nested deeper than {DEPTH}. Flatten it.")
    kind = type(value)
    if value is None or kind in (bool, dict, list):
        return
    if kind is str:
        _check_text(str(value), path=path)
    elif kind is int:
        _check_whole(value, path=path)
    elif kind is float:
        _check_finite(value, path=path)
    else:
        raise SnapshotInvalid(
            path,
            f"a {kind.__name__} is no JSON value. Write it as a text or a number first.",
        )


def _check_text(text: str, *, path: str) -> None:
    if "\0" in text:
        raise SnapshotInvalid(
            path, "holds a NUL, which no database text can. Strip it."
        )
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise SnapshotInvalid(
            path,
            "holds half a surrogate pair, which is no Unicode text. Decode it anew.",
        )


def _check_whole(value: Any, *, path: str) -> None:
    if abs(value) > BIGGEST:
        raise SnapshotInvalid(path, "is beyond 64 bits. Write it as a text.")


def _check_finite(value: Any, *, path: str) -> None:
    if not math.isfinite(value):
        raise SnapshotInvalid(
            path, f"{value} is no JSON number. Write null where a figure is unknown."
        )
