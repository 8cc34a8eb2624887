"""Counts add up, and say whether every row has an outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.models.counts import COUNTS, Counts

OUTCOMES = tuple(name for name in COUNTS if name != "read")
COUNTED = st.builds(Counts, **dict.fromkeys(COUNTS, st.integers(0, 10**12)))


def test_counts_are_read_and_its_outcomes() -> None:
    assert COUNTS == (
        "read",
        "inserted",
        "updated",
        "unchanged",
        "older",
        "held",
        "duplicates",
        "rejected",
    )


@given(numbers=st.lists(st.integers(0, 10**12), min_size=7, max_size=7))
def test_read_that_is_the_sum_of_the_outcomes_is_balanced(numbers: list[int]) -> None:
    outcomes = dict(zip(OUTCOMES, numbers, strict=True))

    assert Counts(read=sum(numbers), **outcomes).is_balanced
    assert not Counts(read=sum(numbers) + 1, **outcomes).is_balanced


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_row_of_no_outcome_or_two_is_not_balanced(outcome: str) -> None:
    assert Counts(read=1, **{outcome: 1}).is_balanced
    assert not Counts(read=1, **{outcome: 2}).is_balanced
    assert not Counts(read=1).is_balanced


@given(one=COUNTED, other=COUNTED)
def test_sum_adds_each_count_by_its_name(one: Counts, other: Counts) -> None:
    total = (one + other).as_dict()

    assert total == {
        name: one.as_dict()[name] + other.as_dict()[name] for name in COUNTS
    }
    assert Counts.sum([one, other]) == one + other
    assert Counts.sum([]) == Counts()


@given(counts=COUNTED)
def test_counts_come_back_from_their_json_form(counts: Counts) -> None:
    assert Counts.of(counts.as_dict()) == counts
    assert Counts.of({}) == Counts.of(None) == Counts()


def test_written_is_what_was_inserted_or_updated() -> None:
    assert Counts(inserted=2, updated=3, unchanged=5, older=7).written == 5
