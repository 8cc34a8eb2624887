"""What can be a snapshot, and what is said of what cannot."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.errors import DuplicateSnapshot, SnapshotInvalid
from stats.snapshots import checks
from stats.snapshots.batch import SnapshotWrite

KEY = ("f1/2022", "standings")


def nested(depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(depth - 1):
        data = {"in": data}
    return data


def doubled(times: int) -> dict[str, Any]:
    """Give a small object whose JSON is longer than any disk."""
    inner: list[Any] = [0]
    for _ in range(times):
        inner = [inner, inner]
    return {"rows": inner}


@pytest.mark.parametrize("scope", ["f1", "f1/2022", "_/x", "A.b~c%20-d", "9" * 300])
def test_scope_is_taken(scope: str) -> None:
    checks.check_key(scope, "standings")


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("", "is empty"),
        (None, "NoneType is no text"),
        (5, "int is no text"),
        ("x" * 301, "301 characters are more than 300"),
        ("f1 2022", "not allowed"),
        ("f1\n", "not allowed"),
        ("f1\0", "not allowed"),
        ("/f1", "not allowed"),
        ("é", "not allowed"),
        ("\ud800", "not allowed"),
    ],
)
def test_scope_is_refused(scope: Any, said: str) -> None:
    with pytest.raises(SnapshotInvalid, match=said) as refused:
        checks.check_key(scope, "standings")

    assert refused.value.where == "scope"
    assert "Nothing was written." in str(refused.value)


@pytest.mark.parametrize("name", ["", "Standings", "a-b", "9a", "a" * 51, "a\n", b"a"])
def test_type_is_refused(name: Any) -> None:
    with pytest.raises(SnapshotInvalid) as refused:
        checks.check_key("f1", name)

    assert refused.value.where == "stats_type"


@pytest.mark.parametrize("version", [None, 0, 1, 2**62])
def test_version_is_taken(version: Any) -> None:
    checks.check_version(version)


@pytest.mark.parametrize("version", [True, False, -1, 1.0, "1", 2**63 - 1])
def test_version_is_refused(version: Any) -> None:
    with pytest.raises(SnapshotInvalid, match="is no version") as refused:
        checks.check_version(version)

    assert refused.value.where == "expected_version"


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        ([], "data", "list is no JSON object"),
        (None, "data", "NoneType is no JSON object"),
        ("{}", "data", "str is no JSON object"),
        ({"a": float("nan")}, "data.a", "nan is no JSON number"),
        ({"a": [1, float("inf")]}, "data.a[1]", "inf is no JSON number"),
        ({"a": [{"b": -float("inf")}]}, "data.a[0].b", "-inf is no JSON number"),
        ({"a": "x\0"}, "data.a", "NUL"),
        ({"a": "\ud800"}, "data.a", "surrogate"),
        ({"a\0": 1}, "data", "NUL"),
        ({1: 1}, "data", "the key 1 is no text"),
        ({"a": {True: 1}}, "data.a", "the key True is no text"),
        ({"a": (1, 2)}, "data.a", "tuple is no JSON value"),
        ({"a": {1, 2}}, "data.a", "set is no JSON value"),
        ({"a": b"x"}, "data.a", "bytes is no JSON value"),
        ({"a": 2**63}, "data.a", "beyond 64 bits"),
    ],
)
def test_data_is_refused(data: Any, where: str, said: str) -> None:
    with pytest.raises(SnapshotInvalid, match=said) as refused:
        checks.checked_json(data)

    assert refused.value.where == where


def test_depth_is_bounded() -> None:
    assert checks.checked_json(nested(checks.DEPTH))
    for depth in (checks.DEPTH + 1, 100_000):
        with pytest.raises(SnapshotInvalid, match="nested deeper than 64"):
            checks.checked_json(nested(depth))


def test_data_that_holds_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["in"] = data

    with pytest.raises(SnapshotInvalid, match="nested deeper"):
        checks.checked_json(data)


def test_size_is_bounded_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DATA_BYTES", 20)
    checks.checked_json({"a": "é" * 6})

    with pytest.raises(SnapshotInvalid, match="longer than 20 bytes"):
        checks.checked_json({"a": "é" * 7})


def test_small_data_that_would_be_endless_text_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "DATA_BYTES", 10_000)

    with pytest.raises(SnapshotInvalid, match="longer than"):
        checks.checked_json(doubled(60))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.from_regex(r"[a-zé\n]{1,5}", fullmatch=True), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text("ab", max_size=2), JSON_VALUES, max_size=4))
def test_json_is_the_data(data: dict[str, Any]) -> None:
    assert json.loads(checks.checked_json(data)) == data


def test_batch_with_one_key_twice_is_refused() -> None:
    batch = [
        SnapshotWrite(*KEY, {}),
        SnapshotWrite("f1/2021", "standings", {}),
        SnapshotWrite(*KEY, {"a": 1}),
    ]

    with pytest.raises(
        DuplicateSnapshot, match=r"f1/2022 is batch\[0\] too"
    ) as refused:
        checks.checked_batch(batch)

    assert refused.value.where == "batch[2]"


def test_batch_says_which_write_is_wrong() -> None:
    batch = [SnapshotWrite(*KEY, {}), SnapshotWrite("f1", "x", {"a": float("nan")})]

    with pytest.raises(SnapshotInvalid) as refused:
        checks.checked_batch(batch)

    assert refused.value.where == "batch[1].data.a"


def test_batch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [SnapshotWrite(f"f{n}", "x", {"a": "long"}) for n in range(3)]
    monkeypatch.setattr(checks, "BATCH_ROWS", 3)
    assert len(checks.checked_batch(batch)) == 3

    monkeypatch.setattr(checks, "BATCH_BYTES", 35)
    with pytest.raises(SnapshotInvalid, match="more than 35"):
        checks.checked_batch(batch)
    monkeypatch.setattr(checks, "BATCH_ROWS", 2)
    with pytest.raises(SnapshotInvalid, match="3 snapshots are more than 2"):
        checks.checked_batch(batch)
