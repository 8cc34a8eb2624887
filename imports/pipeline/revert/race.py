"""One race of a reverted run: what goes back, what stays; and the doing of it."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import connection

from imports.models import Conflict, Counts, RaceCheckpoint
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.revert import rows
from imports.pipeline.revert.conflicts import (
    on_rows_that_stay,
    plan_conflicts,
    relinked,
)
from imports.pipeline.revert.later import FLOORS_OF, FloorPlan, Later, of_race
from imports.pipeline.revert.rows import Fate, History, RowId, RowPlan
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.race import RaceKey, RaceResult
from imports.sql import statement
from races.models import Entrant, PitStop, Race

KINDS = ("race", "entrant", "pitstop", "conflict")
#: What refers to a row goes before it.
REMOVAL = ("pitstop", "entrant", "conflict", "race")
#: Rows that stay are counted; so many a race are named.
STAYS_KEPT = 1_000

Stay = dict[str, Any]


@dataclass
class RacePlan:
    """What becomes of one race of the reverted run."""

    target: RaceCheckpoint
    #: The race of that key that is stored.
    race: Race | None
    plans: dict[RowId, RowPlan]
    floors: FloorPlan
    later: Later
    laps: Counter[str]
    lap_stays: list[Stay]

    @property
    def fates(self) -> Counter[str]:
        """The rows by fate, the laps among them."""
        found: Counter[str] = Counter(rows.fates(self.plans.values()))
        return found + self.laps

    @property
    def race_id(self) -> int | None:
        """The race that there will be."""
        return _id_of(self.race, self.plans)

    @cached_property
    def stays(self) -> list[Stay]:
        """The first rows that stay, and which later run is why."""
        keys = dict(
            Entrant.objects.filter(
                pk__in=[
                    (p.now or p.after or {}).get("entrant_id")
                    for p in self.plans.values()
                    if p.kind == "pitstop" and (p.fate == Fate.STAYS or p.kept)
                ]
            ).values_list("pk", "key")
        )
        found = [
            _stay(plan, keys)
            for plan in self.plans.values()
            if (plan.fate == Fate.STAYS or plan.kept) and plan.kind != "conflict"
        ]
        found += [
            {"kind": f"floor of {kind}s", "key": "", "number": 0, "run": run}
            for kind, run in self.floors.changed_by.items()
            if any(c in self.target.undo.get("floors", {}) for c in FLOORS_OF[kind])
        ]
        found += [{"kind": "lap", **stay} for stay in self.lap_stays]
        return found[:STAYS_KEPT]

    def set_fate(self, row: RowId, fate: Fate, *, run: int | None = None) -> None:
        """Decide otherwise on a row."""
        plan = self.plans[row]
        self.plans[row] = replace(plan, fate=fate, run=run or plan.run)

    def hold(self, row: RowId, *, run: int | None) -> None:
        """Let a row stay because rows of a later run hang on it."""
        self.set_fate(row, Fate.STAYS, run=run)
        self.plans[row] = replace(self.plans[row], is_held=True)


def plan_race(
    target: RaceCheckpoint, *, coming: Collection[RowId] = frozenset()
) -> RacePlan:
    """Say what becomes of every row that the run changed in a race. Reads only.

    `coming` are the shared rows that will be brought back before the races are.
    """
    race = Race.objects.filter(
        meeting__source=target.source,
        meeting__key=target.meeting_key,
        key=target.race_key,
    ).first()
    inserted = target.undo.get("inserted", {})
    history = History.of(
        target.row_revisions.all(),
        inserted,
        kinds=KINDS,
        made_after=target.undo.get("made_after", 0),
    )
    disputes = plan_conflicts(
        target.run, meeting_key=target.meeting_key, race_key=target.race_key
    )
    decided = [*history.decide_changed(), *history.decide_inserted(), *disputes]
    later = Later.than(target, race_id=race.pk if race else None)
    plan = RacePlan(
        target=target,
        race=race,
        plans={(p.kind, p.row_id): p for p in decided},
        floors=FloorPlan.of(target, race, later),
        later=later,
        laps=Counter(),
        lap_stays=[],
    )
    _see_to_support(plan, coming=coming)
    met = [p.row_id for p in disputes if ("conflict", p.row_id) in plan.plans]
    disputed = _see_to_laps(plan, disputes=met)
    _see_to_what_hangs_on(plan)
    disputed |= on_rows_that_stay(disputes, plan.plans.values())
    for pk in disputed:
        del plan.plans[("conflict", pk)]
    return plan


def revert_race(key: RaceKey, *, run: StagedRun, timer: Laptimer) -> RaceResult:
    """Put one race back, in the caller's transaction."""
    assert run.reverts is not None
    target = RaceCheckpoint.objects.select_related("run").get(
        run_id=run.reverts,
        source=run.source,
        meeting_key=key.meeting_key,
        race_key=key.race_key,
    )
    plan = plan_race(target)
    timer.split("fetch")
    timer.split("transform")
    plans = list(plan.plans.values())
    rows.keep(plans, run_id=run.run_id, checkpoint_id=key.checkpoint_id)
    race_id = plan.race_id
    rows.apply(relinked(plans, race_id=race_id), kinds=KINDS)
    _revert_laps(plan, checkpoint_id=key.checkpoint_id)
    rows.remove(plans, kinds=REMOVAL)
    if race_id and plan.floors.after:
        Race.objects.filter(pk=race_id).update(**plan.floors.after)
    if race_id and plan.race is None:
        _name_race(target, race_id)
    timer.split("write")
    return _result(plan, race_id=race_id)


def _name_race(target: RaceCheckpoint, race_id: int) -> None:
    """Let what is on record of a race that is back point to it again."""
    of_race(target, race_id=race_id).filter(state="done").update(race_id=race_id)
    Conflict.objects.filter(
        source=target.source,
        meeting_key=target.meeting_key,
        race_key=target.race_key,
        race=None,
    ).update(race_id=race_id)


def _result(plan: RacePlan, *, race_id: int | None) -> RaceResult:
    fates = plan.fates
    undo: dict[str, Any] = rows.made_again(plan.plans.values())
    if race_id and plan.floors.now:
        undo["floors"] = plan.floors.now
    if plan.stays:
        undo["stays"] = plan.stays
    if plan.laps[Fate.REMOVED]:
        undo["laps_removed"] = plan.laps[Fate.REMOVED]
    return RaceResult(
        race_id=race_id,
        rows=counts_of(fates),
        laps=counts_of(plan.laps),
        removed=fates[Fate.REMOVED],
        undo=undo,
    )


def counts_of(fates: Counter[str]) -> Counts:
    """Give the counts of rows that are still there afterwards."""
    named = {str(f): n for f, n in fates.items() if f != Fate.REMOVED}
    return Counts(read=sum(named.values()), **named)


def _id_of(race: Race | None, plans: dict[RowId, RowPlan]) -> int | None:
    for (kind, pk), plan in plans.items():
        if kind == "race" and plan.fate == Fate.BROUGHT_BACK:
            return pk
        if kind == "race" and plan.fate == Fate.REMOVED and race and race.pk == pk:
            return None
    return race.pk if race else None


def _see_to_support(plan: RacePlan, *, coming: Collection[RowId]) -> None:
    """Let rows stay that cannot come back, or that a later complete file leaves out."""
    there = set(coming)
    for kind in KINDS:
        of_kind = [p for p in plan.plans.values() if p.kind == kind]
        of_kind = relinked(of_kind, race_id=_id_of(plan.race, plan.plans))
        unsupported = rows.unsupported(of_kind, coming=there)
        for p in of_kind:
            row = (p.kind, p.row_id)
            is_back = p.fate == Fate.BROUGHT_BACK
            if row in unsupported or (is_back and kind in plan.floors.changed_by):
                run = plan.floors.changed_by.get(kind) or plan.later.last_run
                plan.set_fate(row, Fate.STAYS, run=run)
            elif is_back:
                there.add(row)
            elif p.fate == Fate.STAYS and p.run is None:
                plan.set_fate(row, Fate.STAYS, run=plan.later.maker(row))


def _see_to_laps(plan: RacePlan, *, disputes: list[int]) -> set[int]:
    """Classify the laps; entrants that keep some stay.

    Gives those of the conflicts that are on laps that stay.
    """
    candidates = _going(plan, "entrant")
    with connection.cursor() as cursor:
        cursor.execute(
            statement("preview_reverted_laps"),
            {
                **_lap_parameters(plan),
                "candidates": candidates,
                "details": STAYS_KEPT,
                "disputes": disputes,
            },
        )
        [(fates, stays, carrying, disputed)] = cursor.fetchall()
    plan.laps = Counter(json.loads(fates or "{}"))
    plan.lap_stays = json.loads(stays or "[]")
    for pk, run in json.loads(carrying or "{}").items():
        plan.hold(("entrant", int(pk)), run=run)
    return set(json.loads(disputed or "[]"))


def _see_to_what_hangs_on(plan: RacePlan) -> None:
    """Let entrants stay that keep stops, and the race that keeps entrants."""
    stops = PitStop.objects.filter(entrant__in=_going(plan, "entrant"))
    for pk, entrant in stops.values_list("pk", "entrant_id"):
        stop = plan.plans.get(("pitstop", pk))
        if stop is None or stop.fate != Fate.REMOVED:
            run = (stop and stop.run) or plan.later.maker(("pitstop", pk))
            plan.hold(("entrant", entrant), run=run)
    going = set(_going(plan, "entrant"))
    for race_id in _going(plan, "race"):
        rest = Entrant.objects.filter(race_id=race_id).exclude(pk__in=going)
        if (left := rest.values_list("pk", flat=True).first()) is not None:
            entrant_plan = plan.plans.get(("entrant", left))
            run = (entrant_plan and entrant_plan.run) or plan.later.maker(
                ("entrant", left)
            )
            plan.hold(("race", race_id), run=run)


def _revert_laps(plan: RacePlan, *, checkpoint_id: int) -> None:
    if not plan.laps.keys() - {Fate.UNCHANGED, Fate.STAYS}:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            statement("revert_laps"),
            {**_lap_parameters(plan), "checkpoint": checkpoint_id},
        )


def _lap_parameters(plan: RacePlan) -> dict[str, Any]:
    race_id = plan.race.pk if plan.race else None
    stored = (
        Entrant.objects.filter(race=plan.race) if plan.race else Entrant.objects.none()
    )
    standing = set(stored.values_list("pk", flat=True))
    standing |= {
        pk
        for (kind, pk), p in plan.plans.items()
        if kind == "entrant" and p.fate == Fate.BROUGHT_BACK
    }
    is_confirmed = "lap" in plan.floors.changed_by
    return {
        "target": plan.target.pk,
        "race": race_id,
        "standing": sorted(standing),
        "is_fresh": "lap" in plan.target.undo.get("inserted", {}),
        "confirmed_by": plan.floors.changed_by["lap"] if is_confirmed else None,
    }


def _going(plan: RacePlan, kind: str) -> list[int]:
    return [
        p.row_id
        for p in plan.plans.values()
        if p.kind == kind and p.fate == Fate.REMOVED
    ]


def _stay(plan: RowPlan, entrants: dict[int, str]) -> Stay:
    row = plan.now or plan.after or {}
    if plan.kind == "pitstop":
        key = entrants.get(row.get("entrant_id", 0), "")
        return {
            "kind": "pit stop",
            "key": key,
            "number": row.get("number", 0),
            "run": plan.run,
            **plan.why,
        }
    return {
        "kind": plan.kind,
        "key": plan.name,
        "number": 0,
        "run": plan.run,
        **plan.why,
    }
