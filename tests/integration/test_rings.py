"""Rings that are lost: rung again, once, a few at a time; one is enough for many runs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from django_q.models import OrmQ

from imports import actions, doorbell, tasks
from imports.actions import Order
from imports.actions.sweep import RINGS_AT_ONCE
from imports.flags import Flag
from imports.models import ImportRun
from imports.pipeline.manifest import Statement

PAST = "2020-01-01T00:00Z"
Queue = Callable[[int], list[ImportRun]]


@pytest.fixture
def queue(write_csv: Callable[..., Path]) -> Queue:
    """Give a function that queues runs whose rings are lost, long ago."""

    def queue_runs(number: int) -> list[ImportRun]:
        path = write_csv(
            "laps.csv", "meeting,race,entrant,lap,time_ms", "m,1,7,1,60000"
        )
        files = actions.register_paths([path], statement=Statement(source="test"))
        order = Order(trigger=ImportRun.Trigger.API, force=True)
        runs = [
            actions.start_run(files, order=order, in_queue=True) for _ in range(number)
        ]
        OrmQ.objects.all().delete()
        ImportRun.objects.update(created_at=PAST, rung_at=PAST)
        return runs

    return queue_runs


def states() -> set[str]:
    return set(ImportRun.objects.values_list("state", flat=True))


@pytest.mark.django_db
def test_run_whose_ring_was_lost_is_rung_for_again_once(queue):
    [run] = queue(1)

    assert actions.sweep().rung_again == (run.pk,)
    assert actions.sweep().rung_again == ()
    assert OrmQ.objects.count() == 1

    tasks.work(run.pk)
    assert states() == {"succeeded"}


@pytest.mark.django_db
def test_ring_of_a_moment_ago_is_not_lost(queue):
    [run] = queue(1)
    doorbell.ring_for_run(run.pk)
    OrmQ.objects.all().delete()

    assert not actions.sweep()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kept", [{"is_paused": True}, {"state": "cancelled", "finished_at": PAST}]
)
def test_run_that_is_not_to_be_worked_is_left_alone(queue, kept):
    queue(1)
    ImportRun.objects.update(**kept)

    assert not actions.sweep()


@pytest.mark.django_db
def test_nobody_is_rung_for_while_ingestion_is_off(queue):
    [run] = queue(1)
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="test", by=None)

    assert not actions.sweep()
    tasks.work(run.pk)
    assert states() == {"queued"}

    actions.set_flag(Flag.INGEST_ENABLED, "on", reason="test", by=None)
    assert actions.sweep().rung_again == (run.pk,)


@pytest.mark.django_db
def test_long_queue_is_not_made_longer(queue):
    runs = queue(RINGS_AT_ONCE + 3)

    first = actions.sweep().rung_again

    assert first == tuple(run.pk for run in runs[:RINGS_AT_ONCE])
    for _ in range(3):
        ImportRun.objects.update(rung_at=PAST)
        assert actions.sweep().rung_again == ()
    assert OrmQ.objects.count() == RINGS_AT_ONCE


@pytest.mark.django_db(transaction=True)
def test_ten_sweepers_ring_once(queue):
    runs = queue(3)
    barrier = Barrier(10)

    def sweep(_: int) -> tuple[int, ...]:
        try:
            barrier.wait()
            return actions.sweep().rung_again
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        rung = [pk for found in threads.map(sweep, range(10)) for pk in found]

    assert sorted(rung) == [run.pk for run in runs]
    assert OrmQ.objects.count() == len(runs)


@pytest.mark.django_db
def test_one_ring_is_enough_for_many_runs(queue):
    runs = queue(4)

    tasks.work(runs[2].pk)

    assert states() == {"succeeded"}
    ended = ImportRun.objects.order_by("finished_at").values_list("pk", flat=True)
    oldest_first = [runs[0].pk, runs[1].pk, runs[3].pk]
    assert list(ended) == [runs[2].pk, *oldest_first]


@pytest.mark.django_db
def test_task_whose_time_is_up_rings_for_the_next_run(queue, settings):
    runs = queue(3)
    settings.IMPORTS_LANE_SECONDS = 0

    tasks.work(runs[0].pk)

    assert OrmQ.objects.filter(lock__isnull=False).count() >= 1
    settings.IMPORTS_LANE_SECONDS = 60
    tasks.work(runs[1].pk)
    assert states() == {"succeeded"}


@pytest.mark.django_db
def test_paused_run_is_not_taken_on_by_a_ring_for_another(queue):
    runs = queue(2)
    actions.pause_run(runs[1], by=None)

    tasks.work(runs[0].pk)

    paused = ImportRun.objects.get(pk=runs[1].pk)
    assert (paused.state, paused.epoch) == ("queued", 0)


@pytest.mark.django_db
def test_task_of_an_unknown_run_does_no_harm(queue):
    [run] = queue(1)

    tasks.work(run.pk + 1)

    assert states() == {"succeeded"}


@pytest.mark.django_db
def test_worker_leaves_a_run_to_who_made_it(write_csv):
    path = write_csv("mine.csv", "meeting,race,entrant,lap,time_ms", "m,2,7,1,1")
    files = actions.register_paths([path], statement=Statement(source="test"))
    order = Order(trigger=ImportRun.Trigger.COMMAND)
    run = actions.start_run(files, order=order)

    tasks.work(0)

    run.refresh_from_db()
    assert (run.state, run.epoch) == ("queued", 0)


@pytest.mark.django_db
def test_worker_leaves_a_run_to_who_goes_on_with_it(queue):
    [run] = queue(1)
    actions.cancel_runs([run], by=None)
    actions.resume_run(run, by=None)

    tasks.work(0)

    run.refresh_from_db()
    assert (run.state, run.epoch) == ("queued", 0)


@pytest.mark.django_db
def test_run_whose_maker_died_is_rung_for(queue):
    [run] = queue(1)
    ImportRun.objects.update(rung_at=None)

    tasks.work(0)

    assert states() == {"succeeded"}
    run.refresh_from_db()
    assert run.rung_at is not None
