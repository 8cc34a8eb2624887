"""Any text makes a scope, and different ones make different scopes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.snapshots import scope_of
from stats.snapshots.checks import check_key


@pytest.mark.parametrize(
    ("parts", "scope"),
    [
        (("f1", 2022), "f1/2022"),
        (("f1", "venue", "albert_park", "race"), "f1/venue/albert_park/race"),
        (("f1", 2022, "Formula 1"), "f1/2022/Formula%201"),
        (("f1", "a/b"), "f1/a%2Fb"),
        (("f1", ""), "f1/"),
    ],
)
def test_scope_is(parts: tuple[object, ...], scope: str) -> None:
    assert scope_of(*parts) == scope


@given(st.text(max_size=200), st.text(max_size=50))
def test_scope_of_any_text_is_allowed(venue: str, kind: str) -> None:
    check_key(scope_of("f1", "venue", venue, kind), "fastest_laps")


def test_scopes_of_long_texts_differ() -> None:
    first, second = scope_of("x" * 200), scope_of("x" * 199 + "y")

    assert first != second
    assert len(first) == len(second) == 100
