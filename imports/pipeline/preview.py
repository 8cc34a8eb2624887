"""What a run would do to one race, or to the shared rows, row by row. Reads only.

The decisions are those of the writers (`registers/`), so a plan that is confirmed
while nothing moved is what is then written.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from imports.models import Counts, RaceCheckpoint
from imports.pipeline.registers.decide import NEVER, Decision, Outcome, Register
from imports.pipeline.registers.journal import Journal, Place
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.registers.lap_decisions import (
    decide_laps,
    journal_of_laps,
    stored_laps,
)
from imports.pipeline.registers.lap_summary import classify_laps
from imports.pipeline.registers.laps import COLUMNS, Floor
from imports.pipeline.registers.records import (
    candidates_by_key,
    decide_entrants,
    decide_records,
    references_of,
    stated_rows,
)
from imports.pipeline.registers.shared import SHARED, decide_shared
from imports.pipeline.registers.staged import StagedRecords, StagedRun
from races.models import Entrant, LapColumn, PitStop, Race


@dataclass(frozen=True)
class Change:
    """A row that would change: before and after, of the columns that differ."""

    kind: str
    key: str
    number: int
    #: inserted, updated, held, removed or withdrawn.
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What would become of a race: exact counts, and the rows that are not laps."""

    rows: Counts
    laps: Counts
    conflicts: int
    removed: int
    changes: list[Change]
    #: Conflicts in full, as `Journal.details` has them, as far as there is room.
    details: list[dict[str, Any]]


@dataclass
class RacePreview:
    """One race of a run that is planned, not written."""

    checkpoint: RaceCheckpoint
    run: StagedRun
    _changes: list[Change] = field(default_factory=list)

    def plan(self) -> Plan:
        """Decide every row of the race."""
        journal = Journal(run=self.run, place=self._place)
        self._changes = []
        for kind, decisions in self._decisions.items():
            for (key, number), decision in decisions.items():
                journal.add(decision, kind=kind, key=key, number=number)
                journal.removed += decision.is_withdrawn
                self._changes += _changes(kind, key, number, decision)
        laps = self._plan_laps(journal)
        return Plan(
            rows=journal.counts + laps.counts,
            laps=laps.counts,
            conflicts=journal.conflicts,
            removed=journal.removed + laps.removed,
            changes=self._changes,
            details=journal.details,
        )

    def lap_changes(self, *, offset: int, limit: int, action: str = "") -> list[Change]:
        """Give a page of the laps that would change, in order; of one action or all."""
        if self._is_set_based:
            return self._changed_laps(offset=offset, limit=limit, action=action)
        chosen = [c for c in self._decided_laps if action in ("", c.action)]
        return chosen[offset : offset + limit]

    def lap_totals(self, plan: Plan) -> Counter[str]:
        """Count the laps that would change, by action."""
        if not self._is_set_based:
            return Counter(change.action for change in self._decided_laps)
        others = Counter(change.action for change in plan.changes)
        return Counter(
            inserted=plan.laps.inserted,
            updated=plan.laps.updated,
            held=plan.laps.held,
            removed=plan.removed - others["removed"] - others["withdrawn"],
        )

    @property
    def _place(self) -> Place:
        row = self.checkpoint
        return Place(row.pk, row.meeting_key, row.race_key)

    @cached_property
    def _race(self) -> Race | None:
        row = self.checkpoint
        races = Race.objects.filter(meeting__source=row.source)
        return races.filter(meeting__key=row.meeting_key, key=row.race_key).first()

    @cached_property
    def _entrants(self) -> dict[str, Entrant]:
        if self._race is None:
            return {}
        entrants = Entrant.objects.filter(race=self._race)
        return {e.key: e for e in entrants.select_related(*references_of(Entrant))}

    @cached_property
    def _records(self) -> StagedRecords:
        row = self.checkpoint
        keys = {"meeting_key": row.meeting_key, "race_key": row.race_key}
        return StagedRecords(self.run.tables.rows("staged_race_records", **keys))

    @cached_property
    def _decisions(self) -> dict[str, dict[tuple[str, int], Decision]]:
        """Decide the rows that are not laps, by kind, then entrant's key and number."""
        races, entrants = self._decide_race(), self._decide_entrants()
        return {
            "race": dict(zip([("", 0)], races.values(), strict=False)),
            "entrant": {(key, 0): decision for key, decision in entrants.items()},
            "pit_stop": self._decide_stops(),
        }

    def _decide_race(self) -> dict[str, Decision]:
        stored = {self._race.key: self._race} if self._race else {}
        candidates = candidates_by_key(
            Race,
            self._records["race"],
            key=lambda r: r.race_key,
            files=self.run.files,
        )
        return decide_records(candidates, stored=stored, holds=self.run.holds)

    def _decide_entrants(self) -> dict[str, Decision]:
        stated = self._records["entrant"]
        if not stated:
            return {}
        candidates, complete = stated_rows(
            Entrant,
            stated,
            key=lambda r: r.key,
            run=self.run,
            floor=self._race.entrants_floor if self._race else NEVER,
            stored=self._entrants,
        )
        return decide_entrants(
            candidates, stored=self._entrants, complete=complete, holds=self.run.holds
        )

    def _decide_stops(self) -> dict[tuple[str, int], Decision]:
        stated = self._records["pit_stop"]
        if not stated:
            return {}
        ids = [entrant.pk for entrant in self._entrants.values()]
        keys = {entrant.pk: key for key, entrant in self._entrants.items()}
        stops = PitStop.objects.filter(entrant__in=ids)
        stored = {(keys[stop.entrant_id], stop.number): stop for stop in stops}
        candidates, complete = stated_rows(
            PitStop,
            stated,
            key=lambda r: (r.key, r.number),
            run=self.run,
            floor=self._race.pit_stops_floor if self._race else NEVER,
            stored=stored,
        )
        return decide_records(
            candidates, stored=stored, complete=complete, holds=self.run.holds
        )

    @cached_property
    def _batch(self) -> LapBatch:
        row, race = self.checkpoint, self._race
        ids = {key: entrant.pk for key, entrant in self._entrants.items()}
        place = {"meeting_key": row.meeting_key, "race_key": row.race_key}
        mentioned = self.run.tables.column("staged_lap_entrants", **place)
        # No entrant has such an id: nothing is stored of those that would be made.
        new = (key for key in mentioned if key not in ids)
        ids |= {key: -number for number, key in enumerate(new, start=1)}
        floor = Floor()
        if race:
            floor = Floor(race.laps_floor, LapColumn(race.laps_floor_columns))
        return LapBatch(
            run=self.run,
            place=self._place,
            race_id=race.pk if race else 0,
            staged=row.laps_staged,
            entrant_ids=ids,
            floor=floor,
            has_laps=True,
        )

    def _plan_laps(self, journal: Journal) -> LapResult:
        if not self.checkpoint.laps_staged:
            return LapResult()
        if self._batch.is_uniform:
            planned = classify_laps(self._batch, journal=journal, by="plan_laps")
            if planned:
                return planned
        own = journal_of_laps(self._lap_decisions, batch=self._batch)
        journal.take_disputes(own)
        return LapResult(counts=own.counts, removed=own.removed)

    @cached_property
    def _is_set_based(self) -> bool:
        """Whether one statement tells what becomes of all laps of the race."""
        if not (self.checkpoint.laps_staged and self._batch.is_uniform):
            return False
        scratch = Journal(run=self.run, place=self._place)
        return classify_laps(self._batch, journal=scratch, by="plan_laps") is not None

    @cached_property
    def _decided_laps(self) -> list[Change]:
        """Give the laps that would change where each is decided by itself."""
        if not self.checkpoint.laps_staged:
            return []
        keys = {pk: key for key, pk in self._batch.entrant_ids.items()}
        found = [
            change
            for (entrant_id, number), decision in self._lap_decisions.items()
            for change in _changes("lap", keys[entrant_id], number, decision)
        ]
        return sorted(found, key=lambda change: (change.key, change.number))

    @cached_property
    def _lap_decisions(self) -> dict[tuple[int, int], Decision]:
        _, decisions = decide_laps(self._batch, stored=stored_laps(self._batch))
        return decisions

    def _changed_laps(self, *, offset: int, limit: int, action: str) -> list[Change]:
        rows = self.run.tables.rows(
            "planned_laps",
            **self._batch.parameters(),
            details=0,
            action=action,
            offset=offset,
            limit=limit,
        )
        return [
            _change("lap", key, number, outcome, _values(was), _values(said))
            for key, number, outcome, was, said in rows
        ]


def plan_shared(run: StagedRun) -> Plan:
    """Decide the venues, teams, competitors and meetings of a run."""
    records = StagedRecords(run.tables.rows("staged_shared_records"))
    journal = Journal(run=run, place=Place())
    changes: list[Change] = []
    for shared in SHARED:
        decisions, _ = decide_shared(shared, records[shared.kind], run=run)
        for key, decision in decisions.items():
            journal.add(decision, kind=shared.kind, key=key)
            changes += _changes(shared.kind, key, 0, decision)
    return Plan(
        rows=journal.counts,
        laps=Counts(),
        conflicts=journal.conflicts,
        removed=0,
        changes=changes,
        details=journal.details,
    )


def _changes(kind: str, key: str, number: int, decision: Decision) -> Iterator[Change]:
    """Give the change that a decision is, if it is one."""
    was, will = decision.stored, decision.register
    if decision.read and decision.outcome == Outcome.HELD:
        claimed = {
            c: pair[1] for d in decision.disputes for c, pair in d.fields.items()
        }
        said = {**(_register(was) or {}), **claimed}
        yield _change(kind, key, number, "held", _register(was), said)
    elif decision.is_removed:
        yield _change(kind, key, number, "removed", _register(was), None)
    elif will and _register(was) != _register(will):
        action = "inserted" if was is None else "updated"
        action = "withdrawn" if decision.is_withdrawn else action
        yield _change(kind, key, number, action, _register(was), _register(will))


def _change(
    kind: str,
    key: str,
    number: int,
    action: str,
    was: Mapping[str, Any] | None,
    will: Mapping[str, Any] | None,
) -> Change:
    columns = _differing(was or {}, will or {})
    return Change(
        kind=kind,
        key=key,
        number=number,
        action=action,
        before={c: (was or {}).get(c) for c in columns} if was is not None else {},
        after={c: (will or {}).get(c) for c in columns} if will is not None else {},
    )


def _differing(was: Mapping[str, Any], will: Mapping[str, Any]) -> Iterable[str]:
    return [c for c in {**was, **will} if was.get(c) != will.get(c)]


def _register(register: Register | None) -> Mapping[str, Any] | None:
    return register.values if register else None


def _values(cells: str | None) -> Mapping[str, Any] | None:
    return dict(zip(COLUMNS, json.loads(cells), strict=True)) if cells else None
