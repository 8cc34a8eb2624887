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


def written(decision: Decision) -> dict[str, tuple[Any, UUID]]:
    """Give the columns that the decision sets, with their versions."""
    before = decision.stored or Register(values={}, versions={})
    after = decision.register or Register(values={}, versions={})
    return {
        column: (after.values[column], version)
        for column, version in after.versions.items()
        if (after.values[column], version)
        != (before.values.get(column), before.versions.get(column))
    }


def stated(values: Mapping[str, Any], version: UUID) -> dict[str, tuple[Any, UUID]]:
    """Give values as columns that one file sets."""
    return {column: (value, version) for column, value in values.items()}


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
    assert written(decision) == stated(values, MID)
    assert (len(decision.disputes), decision.read) == (conflicts, 1)


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

        assert decision.register
        assert decision.register.values == values
        assert (len(decision.disputes), decision.read) == (conflicts, 2)


def test_newer_and_equal_raises_the_version_so_that_a_middle_file_loses() -> None:
    stored = decide([row(NEW, x=1)], stored=held(OLD, x=1)).register

    assert decide([row(MID, x=2)], stored=stored).outcome == Outcome.OLDER


def test_implied_row_is_beaten_by_any_statement() -> None:
    implied = Register(values={"x": None}, versions={})

    decision = decide([row(OLD, x=1)], stored=implied)

    assert decision.outcome == Outcome.UPDATED
    assert written(decision) == {"x": (1, OLD)}
    assert decision.disputes == ()


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
        stored = decide(run, stored=stored).register
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

    after = decide(run, stored=stored).register

    decision = decide(run, stored=after)
    assert not decision.is_written
    assert decision.outcome in (Outcome.UNCHANGED, Outcome.OLDER)


@given(given_files=files(), later=files())
def test_every_row_has_one_outcome(
    given_files: list[list[Candidate]], later: list[list[Candidate]]
) -> None:
    run = [row for file in later for row in file]

    for stored in (None, settled(given_files)):
        decision = decide(run, stored=stored)
        assert decision.read == len(run)
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

    assert [len(run.disputes) for run in runs] == [int(differ)] * 3
    if differ:
        assert len({str(run.disputes[0].fields) for run in runs}) == 1


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


MANUAL = UUID(int=0xFFFF << 112 | 1)


def test_complete_file_ends_what_older_ones_say_of_a_row_it_does_not_hold() -> None:
    stored = Register({"x": 1, "y": 2}, {"x": OLD, "y": NEW})

    decision = decide([], stored=stored, absent=MID)

    assert decision.register == Register({"x": None, "y": 2}, {"y": NEW}, absent=MID)
    assert not decision.is_removed


def test_row_that_nothing_newer_states_goes() -> None:
    decision = decide([], stored=held(OLD, x=1), absent=MID)

    assert decision.register is None
    assert decision.is_removed


def test_late_older_row_does_not_bring_a_removed_one_back() -> None:
    decision = decide([row(OLD, x=1)], stored=None, absent=MID)

    assert (decision.register, decision.outcome) == (None, Outcome.OLDER)


def test_row_that_came_back_stays_closed_to_what_was_said_before_it_went() -> None:
    back = decide([row(NEW, x=1)], stored=None, absent=MID).register

    late = decide([row(OLD, y=2)], stored=back)

    assert late.outcome == Outcome.OLDER
    assert not late.is_written


def test_hold_keeps_what_is_stored_and_says_so() -> None:
    decision = decide([row(NEW, x=2, y=1)], stored=held(OLD, x=1, y=1), holds=True)

    assert decision.outcome == Outcome.HELD
    assert not decision.is_written
    [dispute] = decision.disputes
    assert dispute.fields == {"x": (1, 2)}
    assert dispute.is_older_in_force


def test_hold_takes_what_the_store_does_not_know() -> None:
    decision = decide([row(NEW, x=2, z=3)], stored=held(OLD, x=1), holds=True)

    assert written(decision) == {"z": (3, NEW)}


def test_person_overrules_a_held_value_and_that_is_no_disagreement() -> None:
    decision = decide([row(MANUAL, x=2)], stored=held(OLD, x=1), holds=True)

    assert decision.outcome == Outcome.UPDATED
    assert [dispute.is_edit for dispute in decision.disputes] == [True]


def test_row_of_a_file_that_contradicts_itself_names_both_lines() -> None:
    decision = decide([row(MID, 5, x=1), row(MID, 9, x=2)], stored=None)

    [dispute] = decision.disputes
    assert (dispute.older_version, dispute.newer_version) == (MID, MID)
    assert (dispute.older_row, dispute.newer_row) == (5, 9)
    assert dispute.fields == {"x": (1, 2)}
