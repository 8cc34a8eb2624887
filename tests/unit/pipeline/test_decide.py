"""Who wins, column by column, whatever the order in which files arrive."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.pipeline.registers.decide import (
    Candidate,
    Decision,
    Outcome,
    Register,
    decide,
)

OLD, MID, NEW = (UUID(int=n) for n in (1, 2, 3))


def row(version: UUID, row_number: int = 2, **values: Any) -> Candidate:
    """Give what a row of a file states."""
    return Candidate(version=version, row_number=row_number, values=values)


def held(version: UUID, **values: Any) -> Register:
    """Give a stored row, all of whose columns one file has stated."""
    return Register(values=values, versions=dict.fromkeys(values, version))


def applied(decision: Decision, stored: Register | None) -> Register:
    """Give what is stored after the decision."""
    before = stored or Register(values={}, versions={})
    return Register(
        values={**before.values, **decision.values},
        versions={**before.versions, **decision.versions},
    )


@pytest.mark.parametrize(
    ("candidates", "stored", "outcome", "values", "conflicts"),
    [
        ([row(MID, x=1)], None, "inserted", {"x": 1}, 0),
        ([row(MID)], None, "inserted", {}, 0),
        ([row(MID, x=None)], None, "inserted", {"x": None}, 0),
        ([row(MID, x=2)], held(OLD, x=1), "updated", {"x": 2}, 1),
        ([row(MID, x=None)], held(OLD, x=1), "updated", {"x": None}, 1),
        ([row(MID, x=1)], held(OLD, x=1), "unchanged", {"x": 1}, 0),
        ([row(MID, x=1)], held(MID, x=1), "unchanged", {}, 0),
        ([row(MID, x=2)], held(MID, x=1), "updated", {"x": 2}, 0),
        ([row(MID, x=2)], held(NEW, x=1), "older", {}, 1),
        ([row(MID, x=1)], held(NEW, x=1), "older", {}, 0),
        ([row(MID, y=2)], held(NEW, x=1), "updated", {"y": 2}, 0),
        ([row(MID, x=2, y=2)], held(NEW, x=1), "updated", {"y": 2}, 1),
        ([row(MID)], held(OLD, x=1), "unchanged", {}, 0),
    ],
)
def test_row_against_the_store(
    candidates: list[Candidate],
    stored: Register | None,
    outcome: str,
    values: Mapping[str, Any],
    conflicts: int,
) -> None:
    decision = decide(candidates, stored=stored)

    assert decision.outcome == outcome
    assert decision.values == values
    assert decision.versions == dict.fromkeys(values, MID)
    assert (decision.conflicts, decision.duplicates) == (conflicts, 0)


@pytest.mark.parametrize(
    ("candidates", "values", "conflicts"),
    [
        ([row(NEW, x=2), row(OLD, x=1)], {"x": 2}, 1),
        ([row(NEW, x=1), row(OLD, x=1)], {"x": 1}, 0),
        ([row(MID, 9, x=2), row(MID, 5, x=1)], {"x": 2}, 1),
        ([row(NEW, x=2), row(OLD, y=1)], {"x": 2, "y": 1}, 0),
        ([row(NEW, 2, x=2), row(OLD, 9, x=1)], {"x": 2}, 1),
        ([row(NEW, x=None), row(OLD, x=1)], {"x": None}, 1),
    ],
)
def test_rows_of_one_run_with_one_key(
    candidates: list[Candidate], values: Mapping[str, Any], conflicts: int
) -> None:
    for order in (candidates, candidates[::-1]):
        decision = decide(order, stored=None)

        assert decision.values == values
        assert (decision.conflicts, decision.duplicates) == (conflicts, 1)


def test_newer_and_equal_raises_the_version_so_that_a_middle_file_loses() -> None:
    stored = applied(decide([row(NEW, x=1)], stored=held(OLD, x=1)), held(OLD, x=1))

    assert decide([row(MID, x=2)], stored=stored).outcome == Outcome.OLDER


def test_implied_row_is_beaten_by_any_statement() -> None:
    implied = Register(values={"x": None}, versions={})

    decision = decide([row(OLD, x=1)], stored=implied)

    assert (decision.outcome, decision.values) == (Outcome.UPDATED, {"x": 1})
    assert decision.conflicts == 0


VALUES = st.dictionaries(
    st.sampled_from("xyz"), st.one_of(st.none(), st.integers(0, 2)), max_size=3
)


@st.composite
def files(draw: st.DrawFn) -> list[list[Candidate]]:
    """Give up to five files, each of a version, each with rows on the one key."""
    numbers = draw(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=5))
    return [
        [
            Candidate(version=UUID(int=number), row_number=at, values=values)
            for at, values in enumerate(
                draw(st.lists(VALUES, min_size=1, max_size=3)), start=2
            )
        ]
        for number in numbers
    ]


def settled(runs: Iterable[Iterable[Candidate]]) -> Register | None:
    """Give what is stored after the runs, one after another."""
    stored: Register | None = None
    for run in runs:
        stored = applied(decide(run, stored=stored), stored)
    return stored


@given(given_files=files(), data=st.data())
def test_any_split_into_runs_in_any_order_settles_the_same(
    given_files: list[list[Candidate]], data: st.DataObject
) -> None:
    together = settled([[row for file in given_files for row in file]])

    order = data.draw(st.permutations(given_files))
    of_run = [data.draw(st.integers(0, 2)) for _ in order]
    dealt = sorted(zip(of_run, order, strict=True), key=lambda pair: pair[0])
    runs = [
        data.draw(st.permutations([row for _, file in run for row in file]))
        for _, run in groupby(dealt, key=lambda pair: pair[0])
    ]

    assert settled(runs) == together


@given(given_files=files(), data=st.data())
def test_files_that_come_again_change_nothing(
    given_files: list[list[Candidate]], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(given_files)))

    assert settled([*given_files, *again]) == settled(given_files)


@given(given_files=files(), later=files())
def test_decision_that_is_applied_leaves_nothing_to_write(
    given_files: list[list[Candidate]], later: list[list[Candidate]]
) -> None:
    stored = settled(given_files)
    run = [row for file in later for row in file]

    after = applied(decide(run, stored=stored), stored)

    decision = decide(run, stored=after)
    assert decision.values == {}
    assert decision.outcome in (Outcome.UNCHANGED, Outcome.OLDER)


@given(given_files=files(), later=files())
def test_every_row_has_one_outcome(
    given_files: list[list[Candidate]], later: list[list[Candidate]]
) -> None:
    run = [row for file in later for row in file]

    for stored in (None, settled(given_files)):
        decision = decide(run, stored=stored)
        assert 1 + decision.duplicates == len(run)
        assert (decision.outcome == Outcome.INSERTED) == (stored is None)


@given(one=VALUES, other=VALUES)
def test_two_files_conflict_the_same_in_either_order(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    first, second = row(OLD, **one), row(NEW, **other)
    differ = any(one[column] != other[column] for column in {*one} & {*other})

    runs = [
        decide([first, second], stored=None),
        decide([second], stored=settled([[first]])),
        decide([first], stored=settled([[second]])),
    ]

    assert [run.conflicts for run in runs] == [int(differ)] * 3


@given(given_files=files())
def test_winner_of_a_column_is_its_highest_version_and_last_row(
    given_files: list[list[Candidate]],
) -> None:
    stored = settled(given_files)
    assert stored

    rows = [row for file in given_files for row in file]
    for column in "xyz":
        stating = [row for row in rows if column in row.values]
        best = max(stating, key=lambda r: (r.version, r.row_number), default=None)
        assert stored.values.get(column) == (best.values[column] if best else None)
        assert stored.versions.get(column) == (best.version if best else None)
