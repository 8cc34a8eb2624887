"""One schedule, two ways: check-then-insert fails in it, the atomic upsert does not.

Nothing here is left to luck: a barrier stands where the other one has to come by.
"""

import threading
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from stats.models import StatSnapshot
from stats.snapshots import atomic_upsert_snapshot
from tests.integration.locking import waiting
from tests.integration.snapshots.check_then_insert import check_then_insert
from tests.integration.snapshots.together import PATIENCE_SECONDS, errors, together

pytestmark = pytest.mark.django_db(transaction=True)

KEY = ("f1/2022", "counter")


def held() -> StatSnapshot:
    return StatSnapshot.objects.get(scope=KEY[0], stats_type=KEY[1])


def naive(number: int, *, met: threading.Barrier) -> None:
    between = partial(met.wait, PATIENCE_SECONDS)
    check_then_insert(*KEY, {"by": number}, between=between, now=timezone.now())


def atomic(number: int, *, met: threading.Barrier) -> StatSnapshot:
    met.wait(PATIENCE_SECONDS)
    return atomic_upsert_snapshot(*KEY, {"by": number})


def test_check_then_insert_breaks_on_the_key() -> None:
    done = together(partial(naive, met=threading.Barrier(2)), workers=2)

    [error] = errors(done)
    assert isinstance(error, IntegrityError)
    assert "statsnapshot_one_per_scope_and_type" in str(error)
    assert held().version == 1


def test_check_then_update_loses_a_write() -> None:
    atomic_upsert_snapshot(*KEY, {})

    done = together(partial(naive, met=threading.Barrier(2)), workers=2)

    assert errors(done) == []
    # Three writes, and nobody was told of the one that is gone.
    assert held().version == 2


@pytest.mark.parametrize("before", [0, 1])
def test_atomic_upsert_keeps_both_writes(before: int) -> None:
    for _ in range(before):
        atomic_upsert_snapshot(*KEY, {})

    done = together(partial(atomic, met=threading.Barrier(2)), workers=2)

    assert errors(done) == []
    assert sorted(snapshot.version for snapshot in done) == [before + 1, before + 2]
    last = max(done, key=lambda snapshot: snapshot.version)
    assert held().data == last.data
    assert held().version == before + 2


def test_upsert_waits_for_an_insert_that_is_not_committed() -> None:
    with ExitStack() as stack:
        with transaction.atomic():
            first = atomic_upsert_snapshot(*KEY, {"by": 1})
            late = partial(atomic_upsert_snapshot, *KEY, {"by": 2})
            second = stack.enter_context(waiting(late))
            again = atomic_upsert_snapshot(*KEY, {"by": 3})
        done: StatSnapshot = second.result(PATIENCE_SECONDS)

    assert (first.version, again.version, done.version) == (1, 2, 3)
    assert held().data == {"by": 2}
    # The waiter came first and wrote last: its time is that of its write.
    assert done.fetched_at > again.fetched_at > first.fetched_at


def test_upsert_that_waited_for_a_rollback_is_the_first() -> None:
    with ExitStack() as stack:
        with transaction.atomic():
            atomic_upsert_snapshot(*KEY, {"by": 1})
            late = partial(atomic_upsert_snapshot, *KEY, {"by": 2})
            second = stack.enter_context(waiting(late))
            transaction.set_rollback(True)
        done: StatSnapshot = second.result(PATIENCE_SECONDS)

    assert (done.version, held().data) == (1, {"by": 2})


@pytest.mark.parametrize("expected", [0, 1])
def test_expected_version_is_compared_after_the_wait(expected: int) -> None:
    for _ in range(expected):
        atomic_upsert_snapshot(*KEY, {"by": 1})
    with ExitStack() as stack:
        with transaction.atomic():
            atomic_upsert_snapshot(*KEY, {"by": 2})
            late = partial(atomic_upsert_snapshot, *KEY, {}, expected_version=expected)
            second = stack.enter_context(waiting(late))
        error: Any = second.exception(PATIENCE_SECONDS)

    assert (error.expected, error.found) == (expected, expected + 1)
    assert held().data == {"by": 2}


def test_expected_version_is_right_when_the_other_rolls_back() -> None:
    atomic_upsert_snapshot(*KEY, {"by": 1})
    with ExitStack() as stack:
        with transaction.atomic():
            atomic_upsert_snapshot(*KEY, {"by": 2})
            late = partial(atomic_upsert_snapshot, *KEY, {"by": 3}, expected_version=1)
            second = stack.enter_context(waiting(late))
            transaction.set_rollback(True)
        done: StatSnapshot = second.result(PATIENCE_SECONDS)

    assert (done.version, held().data) == (2, {"by": 3})
