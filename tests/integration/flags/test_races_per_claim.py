"""A lane that takes several races at once: each is counted once, none is kept for good."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports import actions
from imports.actions import Order
from imports.flags import Flag
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline import checkpoint, transactions
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement

pytestmark = pytest.mark.django_db
RACES = 8
PAST = "2020-01-01T00:00Z"


@pytest.fixture
def laps(write_csv) -> Path:
    rows = [f"ashford,{race},7,1,60000" for race in range(1, RACES + 1)]
    return write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", *rows)


@pytest.fixture
def run(laps: Path) -> ImportRun:
    """A prepared run whose lanes take three races at once."""
    registered = actions.register_paths([laps], statement=Statement(source="test"))
    options = {Flag.RACES_PER_CLAIM: 3}
    run = actions.start_run(registered, order=Order(trigger="command", options=options))
    actions.claim_run(run)
    conductor.prepare_run(run)
    run.refresh_from_db()
    return run


def states(run: ImportRun) -> list[tuple[str, int]]:
    races = run.checkpoints.order_by("number")
    return list(races.values_list("state", "attempts"))


def run_lane(run: ImportRun, **lane: Any) -> None:
    conductor.run_lane(run, lane=Lane(name="test", **lane))


def test_races_are_claimed_in_order_and_only_the_first_is_begun(run):
    claims = checkpoint.claim_races(run.pk, owner="mine", races=3)

    assert [claim.number for claim in claims] == [1, 2, 3]
    counted = [attempts for _, attempts in states(run)]
    assert [state for state, _ in states(run)[:4]] == ["claimed"] * 3 + ["waiting"]
    assert counted == [1] + [0] * (RACES - 1)


def test_claim_reads_as_many_races_as_it_takes(run):
    add_waiting_races(run, 5_000)
    with CaptureQueriesContext(connection) as asked:
        assert checkpoint.claim_race(run.pk, owner="mine")

    assert most_rows_read(asked[0]["sql"]) <= 20


def add_waiting_races(run: ImportRun, races: int) -> None:
    """Give the run many more races, and let the planner know."""
    [first, *_] = run.checkpoints.order_by("number")
    RaceCheckpoint.objects.bulk_create(
        RaceCheckpoint(
            run=run, source=first.source, meeting_key="more", race_key=n, number=n
        )
        for n in range(100, 100 + races)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE imports_racecheckpoint")


def most_rows_read(statement: str) -> float:
    """Run the statement again; give the checkpoints that its hungriest step reads."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[[explained]]] = cursor.fetchall()
    return max(
        rows_read(step)
        for step in steps(explained["Plan"])
        if step.get("Relation Name") == RaceCheckpoint._meta.db_table
    )


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from steps(below)


def rows_read(step: dict[str, Any]) -> float:
    kept = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return kept * step["Actual Loops"]


@pytest.mark.parametrize("races", [1, 3, 8, 50])
def test_every_race_is_written_once(ingest, laps, races):
    run = ingest(laps, races_per_claim=races)

    assert states(run) == [("done", 1)] * RACES
    assert set(run.checkpoints.values_list("epoch", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_lanes_beside_each_other_write_every_race_once(ingest, laps):
    run = ingest(laps, lanes=3, races_per_claim=3)

    assert states(run) == [("done", 1)] * RACES


def test_time_that_is_up_hands_back_what_is_not_begun(run):
    written: list[int] = []

    run_lane(
        run,
        on_race=lambda claim: written.append(claim.number),
        is_time_up=lambda: bool(written),
    )

    assert states(run) == [("done", 1)] + [("waiting", 0)] * (RACES - 1)


@pytest.mark.parametrize("stop", ["cancel", "kill switch"])
def test_stop_is_heeded_within_what_was_claimed(run, stop):
    def say_stop(claim: Any) -> None:
        if claim.number == 2:
            if stop == "cancel":
                actions.cancel_runs([run], by=None)
            else:
                actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)

    run_lane(run, on_race=say_stop)
    conductor.end_run(run)

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert states(run) == [("done", 1)] * 2 + [("cancelled", 0)] * (RACES - 2)


def test_interrupted_lane_hands_back_what_is_not_begun(run):
    def interrupt(claim: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_lane(run, on_race=interrupt)

    assert states(run) == [("done", 1)] + [("waiting", 0)] * (RACES - 1)


def test_lane_that_dies_costs_only_the_race_it_wrote_an_attempt(run):
    checkpoint.claim_races(run.pk, owner="dies", races=3)
    RaceCheckpoint.objects.filter(state="claimed").update(lease_until=PAST)

    run_lane(run)

    assert states(run) == [("done", 2)] + [("done", 1)] * (RACES - 1)


def test_race_that_kills_its_lanes_takes_no_other_with_it(run):
    for lane in range(3):
        checkpoint.claim_races(run.pk, owner=f"dies-{lane}", races=3)
        RaceCheckpoint.objects.filter(state="claimed").update(lease_until=PAST)

    run_lane(run)

    assert states(run) == [("failed", 3)] + [("done", 1)] * (RACES - 1)


def test_lease_of_what_waits_in_the_lane_is_renewed_when_half_is_over(run, settings):
    settings.IMPORTS_LEASE_SECONDS = 90
    _first, *rest = checkpoint.claim_races(run.pk, owner="mine", races=3)
    held = RaceCheckpoint.objects.filter(pk__in=[claim.id for claim in rest])
    held.update(lease_until=timezone.now() + timedelta(seconds=40))

    checkpoint.keep_claims(rest, owner="mine")

    soonest = held.order_by("lease_until").values_list("lease_until", flat=True)[0]
    assert soonest > timezone.now() + timedelta(seconds=45)


def test_fresh_lease_is_not_written_again(run):
    claims = checkpoint.claim_races(run.pk, owner="mine", races=3)
    before = list(RaceCheckpoint.objects.values_list("lease_until").order_by("pk"))

    checkpoint.keep_claims(claims, owner="mine")

    after = list(RaceCheckpoint.objects.values_list("lease_until").order_by("pk"))
    assert after == before


def test_race_that_another_lane_has_taken_over_is_neither_begun_nor_handed_back(run):
    _, second, *_ = claims = checkpoint.claim_races(run.pk, owner="slow", races=3)
    RaceCheckpoint.objects.filter(pk=second.id).update(lease_until=PAST)
    [taken] = checkpoint.claim_races(run.pk, owner="fresh", races=1)

    assert taken.id == second.id
    assert checkpoint.begin_claimed(second, run_id=run.pk) is None
    checkpoint.hand_back_claims(claims, owner="slow")

    race = RaceCheckpoint.objects.get(pk=second.id)
    assert (race.state, race.owner) == ("claimed", "fresh")


@pytest.mark.django_db(transaction=True)
def test_failure_of_one_race_leaves_the_others_of_its_claim(run, monkeypatch):
    write_race = transactions.write_race

    def stumble(key: Any, **rest: Any) -> Any:
        if key.race_key == "2":
            raise RuntimeError("a mistake of ours")
        return write_race(key, **rest)

    monkeypatch.setattr(transactions, "write_race", stumble)
    run_lane(run)

    assert states(run) == [("done", 1), ("failed", 3)] + [("done", 1)] * (RACES - 2)


def test_run_of_before_there_was_the_flag_goes_on(run):
    del run.options["races_per_claim"]
    run.save()

    run_lane(run)

    assert states(run) == [("done", 1)] * RACES
