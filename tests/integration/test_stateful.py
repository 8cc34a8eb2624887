"""Whatever happens in whatever order, the tables are what the checkpoints say.

Files come, come again, are claimed, written in part, crash, lose their leases, are
swept up, settled by a person and put back. The model is a dict: by brute force, what
the files of all done races state (`tests/worlds.py`), under what people have chosen.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imports import actions, failpoints, invariants
from imports.actions import BatchOptions, Order
from imports.errors import RunNotRevertable
from imports.flags import Flag
from imports.models import Conflict, ImportRun, RaceCheckpoint, SourceFile
from imports.pipeline import checkpoint, ownership
from imports.pipeline.lane import Lane
from imports.pipeline.run import end_run, run_lane
from tests import state, worlds
from tests.worlds import World

EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "6"))
STEPS = int(os.environ.get("STATEFUL_STEPS", "14"))
IN_A_RACE = (
    "after_lock",
    "after_records",
    "before_laps",
    "after_laps",
    "before_refresh",
    "before_done",
    "before_commit",
)
State = ImportRun.State

#: (kind, race, key, number, column) -> the value that a person has put in force.
Choices = dict[tuple[str, ...], Any]


class Imports(RuleBasedStateMachine):
    """One source, five overlapping files, any number of runs of them."""

    def __init__(self) -> None:
        super().__init__()
        state.clear()
        Conflict.objects.all().delete()
        SourceFile.objects.all().delete()
        # Staging of runs that are no more.
        actions.sweep()
        self.folder = tempfile.TemporaryDirectory()
        self.world: World | None = None
        self.files: dict[int, worlds.File] = {}
        self.choices: Choices = {}
        #: The run, the tables and the choices before it, if nothing came since.
        self.last: tuple[ImportRun, Any, Choices] | None = None

    def teardown(self) -> None:
        failpoints.arm("")
        self.folder.cleanup()

    @precondition(lambda self: self.world is None)
    @rule(seed=st.integers(0, 10_000))
    def choose_a_world(self, seed: int) -> None:
        self.world = World.of(seed)

    @precondition(lambda self: self.world is not None)
    @rule(
        numbers=st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True),
        writer=st.sampled_from(["merge", "orm"]),
    )
    def upload(self, numbers: list[int], writer: str) -> None:
        self._start(numbers, writer)
        self.last = None

    @precondition(lambda self: self.world is not None and not self._open())
    @rule(
        numbers=st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True),
        writer=st.sampled_from(["merge", "orm"]),
    )
    def upload_and_import(self, numbers: list[int], writer: str) -> None:
        before = (state.tables(), dict(self.choices))
        run = self._start(numbers, writer)
        actions.work_run(run, options=BatchOptions(name="whole"))
        run.refresh_from_db()
        assert run.state == State.SUCCEEDED
        self.last = (run, *before)

    @precondition(lambda self: self._of(State.QUEUED))
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        actions.prepare(self._draw(data, State.QUEUED), owner="preparer")

    @precondition(lambda self: self._of(State.QUEUED))
    @rule(data=st.data())
    def die_while_preparing(self, data: st.DataObject) -> None:
        run = self._draw(data, State.QUEUED)
        assert ownership.claim(run, owner="dies", from_state=State.QUEUED)

    @precondition(lambda self: self._of(State.WRITING))
    @rule(data=st.data(), races=st.integers(1, 2))
    def write(self, data: st.DataObject, races: int) -> None:
        self._write(self._draw(data, State.WRITING), races)

    @precondition(lambda self: self._of(State.WRITING))
    @rule(data=st.data(), place=st.sampled_from(IN_A_RACE))
    def fail_in_a_race(self, data: st.DataObject, place: str) -> None:
        failpoints.arm(f"{place}:raise:1")
        self._write(self._draw(data, State.WRITING), 1)
        failpoints.arm("")

    @precondition(lambda self: self._of(State.WRITING))
    @rule(data=st.data())
    def die_in_a_race(self, data: st.DataObject) -> None:
        checkpoint.claim_race(self._draw(data, State.WRITING).pk, owner="dies")

    @rule()
    def expire_the_leases(self) -> None:
        RaceCheckpoint.objects.filter(state="claimed").update(
            lease_until="2020-01-01T00:00Z"
        )
        # Also of those who never gave a sign of life.
        ImportRun.objects.unfinished().update(
            created_at="2020-01-01T00:00Z",
            started_at=None,
            claimed_at="2020-01-01T00:00Z",
        )

    @rule()
    def sweep(self) -> None:
        actions.sweep()

    @precondition(lambda self: Conflict.objects.exists())
    @rule(data=st.data(), side=st.sampled_from(["older", "newer"]))
    def choose_a_side(self, data: st.DataObject, side: str) -> None:
        conflicts = list(Conflict.objects.order_by("pk")[:20])
        conflict = data.draw(st.sampled_from(conflicts))
        settled = actions.settle_conflicts([conflict], side=side, by=None)
        if settled.count:
            position = 0 if side == "older" else 1
            key = (conflict.kind, conflict.race_key, conflict.key, str(conflict.number))
            for column, values in conflict.fields.items():
                self.choices[(*key, column)] = values[position]
        self.last = None

    @precondition(lambda self: self.last is not None)
    @rule()
    def revert_the_last_and_its_revert(self) -> None:
        assert self.last
        run, before, choices = self.last
        after = state.tables()
        back = self._revert(run)
        if back is None:
            assert after == before
            return
        assert state.tables() == before
        self._revert(back)
        assert state.tables() == after
        self.choices = dict(self.choices) or choices

    @precondition(lambda self: self._of(*State.values))
    @rule()
    def finish_everything(self) -> None:
        for _ in range(6):
            self.expire_the_leases()
            actions.sweep()
            for run in self._open():
                if run.state == State.QUEUED:
                    actions.prepare(run, owner="last")
                    run.refresh_from_db()
                if run.state == State.WRITING:
                    self._write(run, 99)
        assert [(run.pk, run.state) for run in self._open()] == []

    @invariant()
    def tables_are_what_the_done_races_state(self) -> None:
        if self.world is not None:
            assert self._stored() == self._expected()

    @invariant()
    def nothing_is_that_must_never_be(self) -> None:
        found = invariants.violated(with_warnings=False)
        assert [finding.invariant.name for finding in found] == []

    def _start(self, numbers: list[int], writer: str) -> ImportRun:
        assert self.world
        registered = []
        for number in numbers:
            file = self.world.files[number]
            path = file.write(Path(self.folder.name))
            registered += actions.register_paths([path], statement=file.statement)
            self.files[registered[-1].file.pk] = file
        order = Order(
            trigger=ImportRun.Trigger.COMMAND,
            force=True,
            options={Flag.WRITER: writer},
        )
        return actions.start_run(registered, order=order)

    def _revert(self, run: ImportRun) -> ImportRun | None:
        try:
            back = actions.start_revert(run, trigger="command", by=None)
        except RunNotRevertable:
            return None
        actions.work_run(back, options=BatchOptions(name="revert"))
        back.refresh_from_db()
        assert back.state == State.SUCCEEDED, back.message
        return back

    def _write(self, run: ImportRun, races: int) -> None:
        written: list[Any] = []
        lane = Lane(
            name="lane",
            on_race=written.append,
            is_time_up=lambda: len(written) >= races,
        )
        run_lane(run, lane=lane)
        end_run(run)

    def _open(self) -> list[ImportRun]:
        return list(ImportRun.objects.unfinished().order_by("pk"))

    def _of(self, *states: str) -> list[ImportRun]:
        return [run for run in self._open() if run.state in states]

    def _draw(self, data: st.DataObject, run_state: str) -> ImportRun:
        return data.draw(st.sampled_from(self._of(run_state)))

    def _expected(self) -> Any:
        """Settle, race by race, the files of the runs whose race is done."""
        done = RaceCheckpoint.objects.filter(state="done", run__kind="import")
        brought: dict[str, set[int]] = {}
        for race, file in done.annotate(
            file=F("run__run_files__source_file")
        ).values_list("race_key", "file"):
            brought.setdefault(race, set()).add(file)
        versions = {
            file.name: SourceFile.objects.get(pk=pk).version
            for pk, file in self.files.items()
        }
        found: dict[str, worlds.Expected] = {kind: {} for kind in worlds.COLUMNS}
        for race, files in brought.items():
            said = [self.files[pk].of_race(race) for pk in sorted(files)]
            for kind, rows in worlds.expected(said, versions).items():
                found[kind] |= rows
        return {kind: self._values(kind, rows) for kind, rows in found.items()}

    def _stored(self) -> Any:
        return {
            kind: self._values(kind, rows) for kind, rows in worlds.stored().items()
        }

    def _values(self, kind: str, rows: worlds.Expected) -> Any:
        """Give values and versions, but for what a person chose its value alone."""
        found: dict[Any, Any] = {}
        for key, columns in rows.items():
            for column, (value, version) in columns.items():
                place = (*key, *("0",) * (3 - len(key)))
                choice = (kind, *place, column)
                if choice in self.choices:
                    found[choice] = self.choices[choice]
                else:
                    found[choice] = (value, version)
        return found


@pytest.mark.django_db(transaction=True)
def test_any_history_leaves_what_it_states() -> None:
    run_state_machine_as_test(
        Imports,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
