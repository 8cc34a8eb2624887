"""Many at once, at every isolation: no error, no lost write, no deadlock."""

import random
from collections import Counter
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from stats.errors import StaleSnapshot
from stats.models import StatSnapshot
from stats.snapshots import (
    SnapshotWrite,
    atomic_upsert_snapshot,
    atomic_upsert_snapshots,
    update_snapshot,
)
from tests.integration.snapshots.together import errors, together

pytestmark = pytest.mark.django_db(transaction=True)

KEY = ("f1/2022", "counter")
WORKERS = 12


def isolate(level: str) -> None:
    """Let what this connection does from now on be of an isolation."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET default_transaction_isolation = '{level}'")


def held(scope: str = KEY[0]) -> StatSnapshot:
    return StatSnapshot.objects.get(scope=scope, stats_type=KEY[1])


def add_one(data: dict[str, Any]) -> dict[str, Any]:
    return {"n": data.get("n", 0) + 1}


@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
def test_version_is_the_number_of_writes(level: str) -> None:
    times: list[Any] = []

    def work(number: int) -> None:
        isolate(level)
        for turn in range(10):
            done = atomic_upsert_snapshot(*KEY, {"by": [number, turn]})
            times.append((done.version, done.fetched_at))

    assert errors(together(work, workers=WORKERS)) == []
    assert held().version == WORKERS * 10
    # Version by version, the time never goes back.
    assert sorted(times) == sorted(times, key=lambda time: (time[1], time[0]))
    assert len({version for version, _ in times}) == WORKERS * 10


@pytest.mark.parametrize("level", ["read committed", "serializable"])
def test_batches_of_the_same_keys_in_any_order_do_not_deadlock(level: str) -> None:
    scopes = [f"s{number}" for number in range(40)]
    written: Counter[str] = Counter()

    def work(number: int) -> list[str]:
        isolate(level)
        order = random.Random(number)
        done = []
        for _ in range(5):
            chosen = order.sample(scopes, 30)
            batch = [SnapshotWrite(scope, KEY[1], {"by": number}) for scope in chosen]
            result = atomic_upsert_snapshots(batch)
            assert result.stale == []
            done += chosen
        return done

    results = together(work, workers=WORKERS)

    assert errors(results) == []
    for done in results:
        written.update(done)
    stored = StatSnapshot.objects.values_list("scope", "version")
    assert dict(stored) == dict(written)


@pytest.mark.parametrize("level", ["read committed", "serializable"])
def test_counter_inside_of_the_data_loses_nothing(level: str) -> None:
    def work(number: int) -> None:
        isolate(level)
        for _ in range(5):
            update_snapshot(*KEY, add_one)

    assert errors(together(work, workers=WORKERS)) == []
    assert held().data == {"n": WORKERS * 5}
    assert held().version == WORKERS * 5


def test_of_those_who_expect_one_version_one_writes() -> None:
    atomic_upsert_snapshot(*KEY, {})

    def work(number: int) -> StatSnapshot:
        return atomic_upsert_snapshot(*KEY, {"by": number}, expected_version=1)

    done = together(work, workers=WORKERS)

    stale = errors(done)
    assert len(stale) == WORKERS - 1
    assert all(isinstance(error, StaleSnapshot) and error.found == 2 for error in stale)
    [winner] = [snapshot for snapshot in done if isinstance(snapshot, StatSnapshot)]
    assert (held().version, held().data) == (2, winner.data)


def test_of_those_who_expect_no_snapshot_one_makes_it() -> None:
    def work(number: int) -> StatSnapshot:
        return atomic_upsert_snapshot(*KEY, {"by": number}, expected_version=0)

    done = together(work, workers=WORKERS)

    assert [type(error) for error in errors(done)] == [StaleSnapshot] * (WORKERS - 1)
    assert held().version == 1


def write_in_the_midst_of_another(expected: int | None) -> None:
    """Write in a stricter transaction over what changed since it began."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert held().version == 1
        [other] = together(lambda _: atomic_upsert_snapshot(*KEY, {"n": 2}), workers=1)
        assert other.version == 2
        atomic_upsert_snapshot(*KEY, {"n": 3}, expected_version=expected)


@pytest.mark.parametrize("expected", [None, 1])
def test_stricter_transaction_is_told_to_begin_anew(expected: int | None) -> None:
    """The caller's work is undone with it: only the caller can do it again."""
    atomic_upsert_snapshot(*KEY, {"n": 1})

    with pytest.raises(OperationalError) as refused:
        write_in_the_midst_of_another(expected)

    assert isinstance(refused.value.__cause__, psycopg.errors.SerializationFailure)
    assert held().data == {"n": 2}


def test_update_begins_with_an_empty_document() -> None:
    done = update_snapshot(*KEY, add_one)

    assert (done.version, held().data) == (1, {"n": 1})


def test_update_reads_again_where_another_was_faster() -> None:
    atomic_upsert_snapshot(*KEY, {"n": 5})
    seen = []

    def change(data: dict[str, Any]) -> dict[str, Any]:
        seen.append(data["n"])
        if len(seen) == 1:
            together(lambda _: atomic_upsert_snapshot(*KEY, {"n": 10}), workers=1)
        return add_one(data)

    done = update_snapshot(*KEY, change)

    assert seen == [5, 10]
    assert (done.version, held().data) == (3, {"n": 11})


def test_update_works_inside_of_a_transaction() -> None:
    with transaction.atomic():
        update_snapshot(*KEY, add_one)
        update_snapshot(*KEY, add_one)

    assert held().data == {"n": 2}


def test_update_that_never_gets_through_says_so() -> None:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        together(lambda _: update_snapshot(*KEY, add_one), workers=1)
        return data

    with pytest.raises(StaleSnapshot):
        update_snapshot(*KEY, change, patience_seconds=0.05)


def test_error_of_the_change_is_the_callers_and_writes_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        update_snapshot(*KEY, lambda data: {"n": 1 // 0})

    assert not StatSnapshot.objects.exists()
