"""The statement alone: versions, times, expected versions, batches, checks."""

import datetime as dt
import random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stats.errors import DuplicateSnapshot, SnapshotInvalid, StaleSnapshot
from stats.models import StatSnapshot
from stats.snapshots import (
    BatchResult,
    SnapshotWrite,
    atomic_upsert_snapshot,
    atomic_upsert_snapshots,
)
from stats.snapshots.checks import BATCH_ROWS

pytestmark = pytest.mark.django_db

KEY = ("f1/2022", "counter")


def held(scope: str = KEY[0]) -> StatSnapshot:
    return StatSnapshot.objects.get(scope=scope, stats_type=KEY[1])


def write(scope: str, data: Any = None, expected: int | None = None) -> SnapshotWrite:
    return SnapshotWrite(scope, KEY[1], data or {}, expected)


def versions(result: BatchResult) -> dict[str, int]:
    return {snapshot.scope: snapshot.version for snapshot in result.written}


def test_first_write_is_version_1_and_each_further_one_more() -> None:
    for number in (1, 2, 3):
        done = atomic_upsert_snapshot(*KEY, {"n": number})

        assert done.version == number
        assert done.data == {"n": number}
        stored = held()
        assert (stored.pk, stored.version, stored.data, stored.fetched_at) == (
            done.pk,
            number,
            {"n": number},
            done.fetched_at,
        )


def test_what_was_written_is_given_as_a_row_that_can_be_read_again() -> None:
    done = atomic_upsert_snapshot(*KEY, {"n": 1})

    done.refresh_from_db()

    assert done == held()


def test_unchanged_data_are_a_write_too() -> None:
    first = atomic_upsert_snapshot(*KEY, {"n": 1})
    second = atomic_upsert_snapshot(*KEY, {"n": 1})

    assert second.version == 2
    assert second.fetched_at > first.fetched_at


def test_write_is_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        atomic_upsert_snapshot(*KEY, {})
        atomic_upsert_snapshot(*KEY, {}, expected_version=1)
        atomic_upsert_snapshots([write("a"), write("b", expected=0)])

    assert len(queries) == 3


def test_keys_differ_by_scope_and_by_type() -> None:
    atomic_upsert_snapshot("f1/2022", "counter", {})

    assert atomic_upsert_snapshot("f1/2021", "counter", {}).version == 1
    assert atomic_upsert_snapshot("f1/2022", "total", {}).version == 1
    assert atomic_upsert_snapshot("F1/2022", "counter", {}).version == 1


def test_fetched_at_stays_ahead_of_a_clock_that_was_set_back() -> None:
    atomic_upsert_snapshot(*KEY, {})
    ahead = timezone.now() + dt.timedelta(hours=1)
    StatSnapshot.objects.update(fetched_at=ahead)

    done = atomic_upsert_snapshot(*KEY, {})

    assert (done.version, done.fetched_at, held().fetched_at) == (2, ahead, ahead)


def test_version_that_is_expected_is_written_over() -> None:
    first = atomic_upsert_snapshot(*KEY, {"n": 1}, expected_version=0)
    second = atomic_upsert_snapshot(*KEY, {"n": 2}, expected_version=first.version)

    assert (first.version, second.version, held().data) == (1, 2, {"n": 2})


@pytest.mark.parametrize("expected", [0, 1, 3, 2**62])
def test_other_version_than_expected_is_left_and_named(expected: int) -> None:
    atomic_upsert_snapshot(*KEY, {"n": 1})
    before = atomic_upsert_snapshot(*KEY, {"n": 2})

    with pytest.raises(StaleSnapshot) as stale:
        atomic_upsert_snapshot(*KEY, {"n": 3}, expected_version=expected)

    assert (stale.value.scope, stale.value.stats_type) == KEY
    assert (stale.value.expected, stale.value.found) == (expected, 2)
    assert "version 2 found" in str(stale.value)
    after = held()
    assert (after.version, after.data, after.fetched_at) == (
        2,
        {"n": 2},
        before.fetched_at,
    )


def test_version_of_a_snapshot_that_is_not_there_is_stale() -> None:
    with pytest.raises(StaleSnapshot, match="version 1 was expected and no snapshot"):
        atomic_upsert_snapshot(*KEY, {}, expected_version=1)

    assert not StatSnapshot.objects.exists()


def test_stale_write_leaves_the_transaction_usable() -> None:
    with transaction.atomic():
        atomic_upsert_snapshot(*KEY, {})
        with pytest.raises(StaleSnapshot):
            atomic_upsert_snapshot(*KEY, {}, expected_version=0)
        atomic_upsert_snapshot(*KEY, {}, expected_version=1)

    assert held().version == 2


def test_write_goes_with_its_transaction() -> None:
    with transaction.atomic():
        atomic_upsert_snapshot(*KEY, {})
        transaction.set_rollback(True)

    assert not StatSnapshot.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("", "x", {}), {}),
        (("f1", "X", {}), {}),
        (("f1", "x", [1]), {}),
        (("f1", "x", {"a": float("nan")}), {}),
        (("f1", "x", {}), {"expected_version": True}),
    ],
)
def test_wrong_input_is_refused_before_the_database(
    arguments: Any, options: Any
) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(SnapshotInvalid):
        atomic_upsert_snapshot(*arguments, **options)

    assert len(queries) == 0


@pytest.mark.parametrize(
    "data",
    [
        {"é \U0001f3c1": "a'b\"c\\u0000 %s {x}", "n": [1, -2.5, None, True, {}]},
        {"big": 2**63 - 1, "small": -(2**63) + 1, "deep": [[[[[[]]]]]]},
        {"control": "".join(map(chr, range(1, 32))), "": ""},
    ],
)
def test_data_come_back_as_they_were(data: dict[str, Any]) -> None:
    atomic_upsert_snapshot(*KEY, data)

    assert held().data == data


def test_batch_writes_all_and_gives_them_in_its_order() -> None:
    atomic_upsert_snapshot("b", KEY[1], {"n": 0})

    result = atomic_upsert_snapshots([write(s, {"s": s}) for s in ("c", "a", "b")])

    assert result.stale == []
    assert list(versions(result).items()) == [("c", 1), ("a", 1), ("b", 2)]
    assert {s: held(s).data for s in "abc"} == {s: {"s": s} for s in "abc"}


def test_batch_leaves_only_what_has_another_version() -> None:
    for scope in ("a", "b", "b", "c"):
        atomic_upsert_snapshot(scope, KEY[1], {})

    result = atomic_upsert_snapshots(
        [
            write("a", {"new": 1}, expected=1),
            write("b", {"new": 1}, expected=1),
            write("c", {"new": 1}, expected=0),
            write("d", {"new": 1}, expected=0),
            write("e", {"new": 1}, expected=7),
            write("f", {"new": 1}),
        ]
    )

    assert versions(result) == {"a": 2, "d": 1, "f": 1}
    found = {error.scope: (error.expected, error.found) for error in result.stale}
    assert found == {"b": (1, 2), "c": (0, 1), "e": (7, 0)}
    assert (held("b").data, held("c").data) == ({}, {})
    assert not StatSnapshot.objects.filter(scope="e").exists()


def test_batch_with_one_key_twice_writes_nothing() -> None:
    with pytest.raises(DuplicateSnapshot):
        atomic_upsert_snapshots([write("a"), write("b"), write("a")])

    assert not StatSnapshot.objects.exists()


def test_empty_batch_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert atomic_upsert_snapshots([]) == BatchResult([], [])

    assert len(queries) == 0


def test_largest_batch_is_written_again_over_its_versions() -> None:
    scopes = [f"s{number}" for number in range(BATCH_ROWS)]
    random.Random(1).shuffle(scopes)
    atomic_upsert_snapshots([write(scope) for scope in scopes])

    result = atomic_upsert_snapshots([write(scope, expected=1) for scope in scopes])

    assert list(versions(result).items()) == [(scope, 2) for scope in scopes]
    assert StatSnapshot.objects.filter(version=2).count() == BATCH_ROWS


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"version": 0}, "version"),
        ({"data": []}, "data_is_an_object"),
        ({"data": "x"}, "data_is_an_object"),
        ({"scope": ""}, "scope_is_an_address"),
        ({"scope": "a\n"}, "scope_is_an_address"),
        ({"stats_type": "A"}, "type_is_a_name"),
    ],
)
def test_database_refuses_what_can_be_no_snapshot(
    change: dict[str, Any], constraint: str
) -> None:
    atomic_upsert_snapshot(*KEY, {})

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        StatSnapshot.objects.update(**change)
