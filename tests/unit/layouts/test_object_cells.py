"""A JSON object in a cell states its members, as they are, or is a mistake."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.layouts import cells
from tests.unit.layouts.read_cells import WRONG, read

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts,
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(texts, inside),
    max_leaves=5,
)


@given(held=st.dictionaries(texts, values, max_size=4))
def test_members_are_values_of_their_own(held: dict[str, object]) -> None:
    [named] = read(cells.attributes, json.dumps(held))

    assert json.loads(named) == {f"value.{name}": each for name, each in held.items()}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "1",
        '"x"',
        "{",
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        '{"a": 1e400}',
        '{"a": "\\u0000"}',
        '{"a": ["\\ud800"]}',
        '{"\\udfff": 1}',
        "[" * 100_000,
    ],
)
def test_what_is_no_object_is_a_mistake(text: str) -> None:
    assert read(cells.attributes, text) == [WRONG]


def test_nothing_states_nothing() -> None:
    assert read(cells.attributes, None, "{}") == [None, "{}"]
    assert read(cells.attributes, '{"a": "\\ud83d\\ude00\\\\u0000"}') == [
        '{"value.a": "\U0001f600\\\\u0000"}'
    ]
