"""A change that is rolled out: what is worse goes back by itself, what holds goes on.

The writers are the real ones, and so are their times: orm takes several times as long
as merge for the races here. No arm is left to chance: the races are chosen so that each
has as many as a test needs.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from imports import actions, flags
from imports.actions import BatchOptions, Guard, Order, rollouts
from imports.errors import FlagBusy, FlagInvalid, RolloutRefused
from imports.flags import FLAGS, Flag
from imports.models import (
    Alert,
    FlagChange,
    ImportRun,
    RaceCheckpoint,
    Rollout,
)
from imports.pipeline import run as conductor
from imports.pipeline.arms import is_candidate
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.write import orm

pytestmark = pytest.mark.django_db

HEADER = "meeting,race,entrant,lap,time_ms"
CARS, LAPS = 10, 30
GUARD = Guard(min_races=5)


@dataclass
class Paddock:
    """Writes files of races that are in an arm, and imports them."""

    write_csv: Callable[..., Path]
    ingest: Callable[..., ImportRun]
    numbers: Any

    def file(
        self, rollout: Rollout, *, candidates: int = 6, controls: int = 12
    ) -> Path:
        meeting = f"m{next(self.numbers):03}"
        wanted = {True: candidates, False: controls}
        races = []
        for key in (f"{n:04}" for n in range(10_000)):
            arm = is_candidate(
                rollout.pk,
                source="test",
                meeting_key=meeting,
                race_key=key,
                percent=rollout.percent,
            )
            if wanted[arm]:
                wanted[arm] -= 1
                races.append(key)
        rows = [
            f"{meeting},{race},{car},{lap},{90_000 + lap}"
            for race in races
            for car in range(CARS)
            for lap in range(1, LAPS + 1)
        ]
        return self.write_csv(f"{meeting}.csv", HEADER, *rows)

    def run(self, rollout: Rollout, **races: int) -> ImportRun:
        return self.ingest(self.file(rollout, **races))

    def prepared(self, rollout: Rollout, **races: int) -> ImportRun:
        """Give a run whose races wait for a lane."""
        files = actions.register_paths(
            [self.file(rollout, **races)], statement=Statement(source="test")
        )
        run = actions.start_run(files, order=Order(trigger="command"))
        actions.claim_run(run)
        conductor.prepare_run(run)
        run.refresh_from_db()
        return run


@pytest.fixture
def paddock(write_csv, ingest) -> Paddock:
    return Paddock(write_csv, ingest, itertools.count())


def start(value: str = "orm", *, flag: Flag = Flag.WRITER, **rest: Any) -> Rollout:
    return actions.start_rollout(
        flag, value, reason="To try", by=None, guard=GUARD, **rest
    )


def kinds(flag: Flag = Flag.WRITER) -> list[str]:
    changes = FlagChange.objects.filter(flag=flag).order_by("pk")
    return list(changes.values_list("kind", flat=True))


def arms(run: ImportRun, rollout: Rollout) -> dict[str, int]:
    found = [race.options["arms"][str(rollout.pk)] for race in run.checkpoints.all()]
    return {arm: found.count(arm) for arm in found}


def break_orm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the orm writer put a lap there twice: the server really refuses it."""
    write_laps = orm.write_laps

    def twice(batch: Any, **rest: Any) -> Any:
        write_laps(batch, **rest)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO races_lap (entrant_id, number, time_ms, columns, version)"
                " SELECT entrant_id, number, time_ms, columns, version FROM races_lap"
                " WHERE entrant_id = ANY(%s) LIMIT 1",
                [list(batch.entrant_ids.values())],
            )

    monkeypatch.setattr(orm, "write_laps", twice)


def test_races_are_written_with_the_value_of_their_arm(paddock):
    rollout = start()

    run = paddock.run(rollout, candidates=2, controls=3)

    for race in run.checkpoints.all():
        is_tried = is_candidate(
            rollout.pk,
            source=race.source,
            meeting_key=race.meeting_key,
            race_key=race.race_key,
            percent=10,
        )
        arm = {str(rollout.pk): "candidate" if is_tried else "control"}
        assert race.options == {"arms": arm} | ({"writer": "orm"} if is_tried else {})
    assert run.options["writer"] == "merge"
    assert arms(run, rollout) == {"candidate": 2, "control": 3}


def test_slower_candidate_is_rolled_back_with_an_alert(paddock):
    rollout = start()

    run = paddock.run(rollout)

    rollout.refresh_from_db()
    assert (run.state, rollout.state) == ("succeeded", "rolled back")
    assert "writing 1,000 laps took" in rollout.ended_reason
    assert flags.current()[Flag.WRITER] == "merge"
    assert kinds() == ["rollout started", "rolled back"]
    alert = Alert.objects.get()
    assert (alert.rule, alert.subject) == ("rollout_rolled_back", "writer")
    assert (alert.severity, alert.state) == ("warning", "open")
    figures = rollout.figures["10"]
    assert (figures["candidate"]["races"], figures["control"]["races"]) == (6, 12)
    assert figures["candidate"]["p95_ms"] > figures["control"]["p95_ms"] * 1.2


@pytest.mark.django_db(transaction=True)
def test_failing_candidate_is_rolled_back_within_the_run(paddock, monkeypatch):
    break_orm(monkeypatch)
    monkeypatch.setattr(rollouts, "JUDGE_SECONDS", 0)
    rollout = start()

    run = paddock.run(rollout, candidates=12, controls=60)

    rollout.refresh_from_db()
    assert rollout.state == "rolled back"
    assert "of the attempts with orm failed" in rollout.ended_reason
    assert Alert.objects.get().severity == "critical"
    assert flags.current()[Flag.WRITER] == "merge"
    # The run had begun with the rollout, and is written as before from then on.
    failed = run.checkpoints.filter(state="failed")
    assert run.state == "partial"
    assert 0 < failed.count() < 12
    assert run.checkpoints.filter(state="done").count() == 72 - failed.count()
    assert not run.checkpoints.filter(state="done", options__writer="orm").exists()

    actions.resume_run(run, by=None)
    run.refresh_from_db()
    actions.work_run(run, options=BatchOptions(name="test"))

    run.refresh_from_db()
    assert run.state == "succeeded"


def test_candidate_that_holds_goes_on_and_is_promoted(paddock):
    actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    rollout = start("merge")

    seen = []
    for controls in (12, 12, 0):
        paddock.run(rollout, candidates=6, controls=controls)
        rollout.refresh_from_db()
        seen.append((rollout.percent, rollout.state))

    assert seen == [(50, "running"), (100, "running"), (100, "passed")]
    assert flags.current()[Flag.WRITER] == "merge"
    assert kinds() == ["set", "rollout started", "promoted"]
    assert not Alert.objects.exists()
    # Nothing was written as before at the last stage: the one before says how it was.
    assert rollout.figures["100"]["control"] == rollout.figures["50"]["control"]


def test_candidate_that_gets_worse_at_the_last_stage_is_rolled_back(paddock):
    rollout = start()
    quick = {"races": 6, "attempts": 6, "errors": 0, "measured": 6, "p95_ms": 0.001}
    rollout.percent, rollout.figures = 100, {"50": {"control": quick}}
    rollout.save()

    paddock.run(rollout, candidates=6, controls=0)

    rollout.refresh_from_db()
    assert rollout.state == "rolled back"


def test_too_few_races_leave_the_stage_as_it_is(paddock):
    rollout = start()

    paddock.run(rollout, candidates=4, controls=12)

    rollout.refresh_from_db()
    assert (rollout.state, rollout.percent) == ("running", 10)
    assert rollout.figures["10"]["candidate"]["races"] == 4


def test_races_of_the_stage_before_do_not_count(paddock):
    actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    rollout = start("merge")
    paddock.run(rollout)
    rollout.refresh_from_db()

    actions.watch()

    assert rollouts.arms_of(rollout)["candidate"].races == 0
    rollout.refresh_from_db()
    assert rollout.percent == 50


def test_only_the_newest_races_of_a_stage_are_asked_for(paddock, monkeypatch):
    rollout = start()
    paddock.run(rollout, candidates=4, controls=12)
    monkeypatch.setattr(rollouts, "NEWEST_RACES", 3)
    monkeypatch.setattr(rollouts, "NEWEST_TIMES", 0)

    assert sum(arm.races for arm in rollouts.arms_of(rollout).values()) == 3


def test_attempts_that_failed_count_although_the_race_is_in(paddock):
    rollout = start()
    paddock.run(rollout, candidates=1, controls=1)
    RaceCheckpoint.objects.update(attempts=3)

    arm = rollouts.arms_of(rollout)["candidate"]

    assert (arm.races, arm.attempts, arm.errors) == (1, 3, 2)


def test_next_race_after_a_rollback_is_written_as_before(paddock):
    rollout = start()
    run = paddock.prepared(rollout, candidates=3, controls=2)
    done: list[int] = []

    def stop_after_two(claim: Any) -> None:
        done.append(claim.number)
        if len(done) == 2:
            actions.stop_rollout(rollout, reason="Enough", by=None)

    conductor.run_lane(run, lane=Lane(name="test", on_race=stop_after_two))

    options = run.checkpoints.order_by("number").values_list("options", flat=True)
    assert all("arms" in kept for kept in options[:2])
    assert list(options[2:]) == [{}] * 3


def test_races_after_a_promotion_are_written_with_what_is_in_force(paddock):
    rollout = start()
    run = paddock.prepared(rollout, candidates=1, controls=3)
    actions.promote_rollout(rollout, reason="Sure", by=None)

    conductor.run_lane(run, lane=Lane(name="test"))

    options = run.checkpoints.values_list("options", flat=True)
    assert list(options) == [{"writer": "orm"}] * 4


def test_promoted_value_that_a_person_took_back_is_taken_back_in_runs_too(paddock):
    rollout = start()
    run = paddock.prepared(rollout, candidates=1, controls=1)
    actions.promote_rollout(rollout, reason="Sure", by=None)
    actions.set_flag(Flag.WRITER, "merge", reason="Not so sure", by=None)

    conductor.run_lane(run, lane=Lane(name="test"))

    assert list(run.checkpoints.values_list("options", flat=True)) == [{}, {}]


def test_run_that_began_before_takes_no_part(paddock, write_csv):
    before = Rollout(pk=10**6, percent=10)
    run = paddock.prepared(before, candidates=2, controls=2)
    start()

    conductor.run_lane(run, lane=Lane(name="test"))

    assert list(run.checkpoints.values_list("options", flat=True)) == [{}] * 4


def test_value_that_was_chosen_for_a_run_is_not_tried_on(paddock, ingest):
    rollout = start()

    run = ingest(paddock.file(rollout), writer="merge")

    assert "rollouts" not in run.options
    rollout.refresh_from_db()
    assert rollout.is_running


def test_candidate_is_held_to_the_memory_budget(paddock):
    actions.set_flag(Flag.MEMORY_BUDGET_MB, "320", reason="", by=None)
    rollout = start("50000", flag=Flag.BATCH_ROWS)

    run = paddock.prepared(rollout, candidates=1, controls=1)

    [kept] = run.options["rollouts"]
    assert run.options["batch_rows"] < kept["value"] < 50_000


@pytest.mark.parametrize("flag", [f for f in Flag if not FLAGS[f].acts_per_race])
def test_flag_that_does_not_act_on_a_race_is_not_rolled_out(flag):
    with pytest.raises(RolloutRefused, match="cannot be rolled out"):
        start("on", flag=flag)


def test_there_is_one_rollout_of_a_flag_at_a_time():
    rollout = start()

    with pytest.raises(FlagBusy):
        start()
    with pytest.raises(FlagBusy):
        actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    rollout.pk = None
    with (
        pytest.raises(IntegrityError, match="one_running_per_flag"),
        transaction.atomic(),
    ):
        rollout.save()


@pytest.mark.parametrize(
    ("value", "error"), [("merge", RolloutRefused), ("pen", FlagInvalid)]
)
def test_what_cannot_be_tried_is_refused(value, error):
    with pytest.raises(error):
        start(value)

    assert not Rollout.objects.exists()


def test_rollout_that_is_over_is_not_ended_again():
    rollout = start()
    actions.stop_rollout(rollout, reason="", by=None)

    with pytest.raises(RolloutRefused, match="it is stopped"):
        actions.promote_rollout(rollout, reason="", by=None)

    assert kinds() == ["rollout started", "rollout stopped"]


def test_rollback_whose_history_cannot_be_written_is_none(paddock):
    rollout = start()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE imports_flagchange ADD CONSTRAINT disk_is_full"
            " CHECK (false) NOT VALID"
        )

    run = paddock.run(rollout)

    rollout.refresh_from_db()
    assert (run.state, rollout.state) == ("succeeded", "running")
    assert not Alert.objects.exists()


def test_new_try_closes_the_alert_of_the_last(paddock):
    paddock.run(start())

    start()

    assert Alert.objects.get().state == "closed"
